// Package grafanahome finds the Grafana that is installed on this machine, for the demo and for the browser tests.
package grafanahome

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Variable names the folder of an unpacked Grafana, where it is on no PATH.
const Variable = "GRAFANA_HOME"

// ErrNone is where no Grafana is installed.
var ErrNone = errors.New("GRAFANA_HOME is not set and there is no grafana on the PATH")

// Installation is an installed Grafana.
type Installation struct {
	Program string
	Args    []string // before the options
	Home    string
}

// Find looks in the given home, and without one for a program on the PATH. Where there is neither, the error is ErrNone;
// a home that is given and is none is another error.
func Find(home string) (Installation, error) {
	for _, name := range []string{"grafana", "grafana-server"} {
		var args []string
		if name == "grafana" {
			args = []string{"server"}
		}
		if home != "" {
			if program, err := exec.LookPath(filepath.Join(home, "bin", name)); err == nil && isHome(home) {
				return Installation{Program: program, Args: args, Home: home}, nil
			}
			continue
		}
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if resolved, err := filepath.EvalSymlinks(program); err == nil {
			program = resolved
		}
		for _, candidate := range []string{filepath.Dir(filepath.Dir(program)), "/usr/share/grafana", "/usr/local/share/grafana", "/opt/homebrew/share/grafana"} {
			if isHome(candidate) {
				return Installation{Program: program, Args: args, Home: candidate}, nil
			}
		}
	}
	if home != "" {
		return Installation{}, fmt.Errorf("%s is %s, where there is no bin/grafana with conf/defaults.ini and public beside it", Variable, home)
	}
	return Installation{}, ErrNone
}

func isHome(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "conf", "defaults.ini"))
	return err == nil
}
