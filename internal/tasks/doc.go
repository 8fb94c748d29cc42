// Package tasks holds what the targets of the Magefile do: building both halves of the plugin, running every check,
// the demo and the benchmarks. All functions expect the root of the module as the working directory, which is where mage
// runs. They print to standard output and error.
package tasks
