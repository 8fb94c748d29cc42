// Package grpclimit makes the gRPC connections of a process that imports it those of Grafana 12.4 in one respect.
//
// From version 1.82.1 on gRPC stops reading from a connection for which 100 frames other than headers and data wait to be
// written. When both ends do, over a Unix socket under load, each waits for the other forever
// (github.com/grpc/grpc-go/issues/9330). The plugin's end has such a version, as the SDK asks; Grafana's end has 1.78, which
// keeps reading. This package raises the limit of a host that was built with the plugin's version. It works because
// packages are initialized in the order of their import paths as soon as what they import is, and gRPC reads the variable
// in its initialization.
package grpclimit

import "os"

const variable = "GRPC_GO_EXPERIMENTAL_CONTROL_BUFFER_THROTTLE_LIMIT"

func init() {
	if os.Getenv(variable) == "" {
		_ = os.Setenv(variable, "10000") // the highest that is accepted
	}
}
