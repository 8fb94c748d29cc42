// Package release makes the archive of a built plugin that is handed to Grafana's catalogue of plugins, and checks
// beforehand what Grafana's review of the archive and of its source would refuse. The review itself needs the network and
// runs in the release workflow; its rules are public, and those that can be decided here are decided here.
package release
