package embedpg

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// linkLibraries makes the symbolic links that the programs of an npm package need. Package archives hold no links, so
// pg-symlinks.json lists them for an install script, and install scripts do not run where npm is told not to run them.
// Links that exist are left alone; several processes may do this at the same time. Nothing to do elsewhere.
func linkLibraries(dir string) error {
	list, err := os.ReadFile(filepath.Join(dir, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link PostgreSQL's libraries: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("link PostgreSQL's libraries: %s: %w", filepath.Join(dir, "pg-symlinks.json"), err)
	}
	for _, link := range links {
		if err := makeLink(dir, link.Source, link.Target); err != nil {
			return fmt.Errorf("link PostgreSQL's libraries: %w", err)
		}
	}
	return nil
}

// makeLink lets target point to source, both relative to the package ("native/lib/…"), of which dir is the native part.
func makeLink(dir, source, target string) error {
	source, target = strings.TrimPrefix(source, "native/"), strings.TrimPrefix(target, "native/")
	if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
		return fmt.Errorf("%q to %q leads out of the package", target, source)
	}
	relative, err := filepath.Rel(filepath.Dir(target), source)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, target)
	if exists(path) {
		return nil
	}
	if err := os.Symlink(relative, path); err == nil || errors.Is(err, fs.ErrExist) && exists(path) {
		return nil
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	// A link that leads nowhere. Replaced in one step, since others may be doing the same, or starting a program.
	scratch := path + "." + rand.Text()
	if err := os.Symlink(relative, scratch); err != nil {
		return err
	}
	return os.Rename(scratch, path)
}
