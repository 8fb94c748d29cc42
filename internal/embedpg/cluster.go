package embedpg

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A cluster is a data directory and what is needed to run programs on it.
type cluster struct {
	installation Installation // one that the account can run
	account      *account
	dir          string // the working directory of the programs; holds data
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// command prepares a program of the installation. It runs as the account, without any PG* variable of this process.
func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.installation.program(name), args...)
	cmd.Dir = c.dir
	cmd.Env = environment(os.Environ())
	c.account.detach(cmd)
	return cmd
}

// environment is parent without what would configure PostgreSQL or the language of its messages.
func environment(parent []string) []string {
	env := slices.DeleteFunc(slices.Clone(parent), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || name == "LANG" || name == "LANGUAGE" || name == "TZ"
	})
	return append(env, "LC_ALL=C")
}

// newCluster prepares, in dir, the programs and an empty data directory with the superuser postgres.
func newCluster(ctx context.Context, installation Installation, a *account, dir, password string) (*cluster, error) {
	usable, err := usableInstallation(installation, a, dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{installation: usable, account: a, dir: dir}
	if err := c.initialize(ctx, password); err != nil {
		return nil, fmt.Errorf("initialise a cluster of %s: %w", installation, err)
	}
	return c, nil
}

// usableInstallation returns the installation, or a copy of it in dir where the account cannot run it in its place, as
// below root's home.
func usableInstallation(installation Installation, a *account, dir string) (Installation, error) {
	linked := linkLibraries(installation.Dir)
	if linked == nil && (a == nil || a.runs(installation.program("initdb"), dir)) {
		return installation, nil
	}
	copied, err := copyInstallation(installation, filepath.Join(dir, "postgresql"))
	if err != nil {
		return Installation{}, err
	}
	// Asked also without an account: a read-only tree is copied too, and the programs may be another machine's.
	if !a.runs(copied.program("initdb"), dir) {
		return Installation{}, fmt.Errorf("cannot run %s in %s, nor a copy of it in %s", installation.program("initdb"), installation.Dir, dir)
	}
	return copied, nil
}

func (c *cluster) initialize(ctx context.Context, password string) error {
	if err := os.Mkdir(c.data(), 0o700); err != nil {
		return err
	}
	if err := c.account.own(c.data()); err != nil {
		return err
	}
	passwordFile := filepath.Join(c.dir, "password")
	if err := c.writeFile(passwordFile, password); err != nil {
		return err
	}
	defer func() { _ = os.Remove(passwordFile) }()
	initdb := c.command(ctx, "initdb",
		"--pgdata", c.data(), "--username", superuser, "--pwfile", passwordFile, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.WaitDelay = stopPatience // its children hold the output open for a moment when ctx ends it
	out, err := initdb.CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// The settings of a server that may lose its data. Nothing here changes a result or a plan.
var defaultSettings = map[string]string{
	"fsync":              "off",
	"synchronous_commit": "off",
	"full_page_writes":   "off",
	"max_connections":    "200",
	"timezone":           "UTC",
	"log_timezone":       "UTC",
	"lc_messages":        "C",
}

// configure writes settings where ALTER SYSTEM can still override them, and files into the data directory.
func (c *cluster) configure(settings, files map[string]string) error {
	all := maps.Clone(defaultSettings)
	maps.Copy(all, settings)
	var conf strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&conf, "%s = '%s'\n", name, strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(all[name]))
	}
	main, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = main.WriteString(conf.String())
	if closed := main.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the file %q is not in the data directory", name)
		}
		if err := c.writeFile(filepath.Join(c.data(), name), files[name]); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file that only the account can read.
func (c *cluster) writeFile(path, content string) error {
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	return c.account.own(path)
}
