package embedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// copyInstallation gives everyone access to a copy of the programs, libraries and data files of from, below to. Files
// are hard links where the file system and their permissions allow, which makes this a matter of milliseconds.
func copyInstallation(from Installation, to string) (Installation, error) {
	for _, part := range []string{"bin", "lib", "lib64", "share"} {
		if err := copyTree(filepath.Join(from.Dir, part), filepath.Join(to, part)); err != nil {
			return Installation{}, fmt.Errorf("copy %s: %w", from, err)
		}
	}
	links := "pg-symlinks.json"
	if err := copyFile(filepath.Join(from.Dir, links), filepath.Join(to, links)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Installation{}, fmt.Errorf("copy %s: %w", from, err)
	}
	return Installation{Dir: to, Version: from.Version}, linkLibraries(to)
}

func copyTree(from, to string) error {
	if !exists(from) {
		return nil
	}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir():
			if name := entry.Name(); name == "pkgconfig" || name == "bitcode" || name == "locale" {
				return filepath.SkipDir // for compilers and translators
			}
			return os.MkdirAll(target, 0o755)
		case entry.Type() == fs.ModeSymlink:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case strings.HasSuffix(path, ".a"):
			return nil // static libraries are for compilers
		default:
			return copyFile(path, target)
		}
	})
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	// A hard link shares the permissions, so these must already suit.
	if info.Mode()&mode == mode && os.Link(from, to) == nil {
		return nil
	}
	if err := copyDataFile(from, to); err != nil {
		return err
	}
	return os.Chmod(to, mode) // the umask has no say
}
