package release

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Platform is a machine for which the backend is built, in Go's words.
type Platform struct{ OS, Arch string }

func (p Platform) String() string { return p.OS + "/" + p.Arch }

// executable is the name under which Grafana looks for the program of the platform.
func (p Platform) executable(base string) string {
	name := fmt.Sprintf("%s_%s_%s", base, p.OS, p.Arch)
	if p.OS == "windows" {
		name += ".exe"
	}
	return name
}

// checkExecutables reports programs that are missing, that run elsewhere than their names say, and that nobody asked for.
func checkExecutables(dist string, m manifest, platforms []Platform) (problems []string) {
	if m.Executable == "" {
		return []string{"plugin.json names no executable"}
	}
	var wanted []string
	for _, platform := range platforms {
		name := platform.executable(m.Executable)
		wanted = append(wanted, name)
		info, err := buildinfo.ReadFile(filepath.Join(dist, name))
		if err != nil {
			problems = append(problems, fmt.Sprintf("the program for %s: %v", platform, err))
			continue
		}
		var built Platform
		for _, setting := range info.Settings {
			switch setting.Key {
			case "GOOS":
				built.OS = setting.Value
			case "GOARCH":
				built.Arch = setting.Value
			}
		}
		if built != platform {
			problems = append(problems, fmt.Sprintf("%s is built for %s", name, built))
		}
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return append(problems, err.Error())
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), m.Executable) && !slices.Contains(wanted, entry.Name()) {
			problems = append(problems, fmt.Sprintf("%s is left over from another build: remove it", entry.Name()))
		}
	}
	return problems
}
