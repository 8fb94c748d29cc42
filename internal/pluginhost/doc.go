// Package pluginhost runs a built backend plugin as a process of its own and talks to it over gRPC, as Grafana 12.4 does:
// the same handshake, plugin set, environment and request context (pkg/plugins/backendplugin/grpcplugin and
// pkg/services/pluginsintegration/pluginconfig in Grafana). What works here has crossed the same process boundary and
// the same encoding as in production.
//
// It leaves out what Grafana does around the call: permissions, alerting's expressions, caching, and the middleware that
// forwards HTTP headers. A caller that needs a header, such as FromAlert, puts it into the request.
package pluginhost
