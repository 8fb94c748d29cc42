package release

import (
	"archive/zip"
	"crypto/sha1" //nolint:gosec // the catalogue asks for it
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Pack writes the built plugin in dist into folder as the archive that Grafana's catalogue takes, <id>-<version>.zip, and
// returns its path. Beside it lie its checksums: in .sha1 the bare one that the catalogue's form asks for, in .sha256 a
// line for "sha256sum --check". The same files packed with the same time make the same archive, byte for byte. Nothing is
// left behind where it fails.
func Pack(dist, folder string, modified time.Time) (archive string, err error) {
	m, err := readManifest(dist)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	archive = filepath.Join(folder, fmt.Sprintf("%s-%s.zip", m.ID, m.Info.Version))
	short, long := sha1.New(), sha256.New()
	err = replace(archive, func(file io.Writer) error {
		return writeZip(io.MultiWriter(file, short, long), dist, m, modified)
	})
	if err != nil {
		return "", fmt.Errorf("pack %s: %w", archive, err)
	}
	err = errors.Join(
		writeText(archive+".sha1", fmt.Sprintf("%x\n", short.Sum(nil))),
		writeText(archive+".sha256", fmt.Sprintf("%x  %s\n", long.Sum(nil), filepath.Base(archive))),
	)
	if err != nil {
		return "", errors.Join(err, os.Remove(archive))
	}
	return archive, nil
}

func writeText(name, text string) error {
	return replace(name, func(file io.Writer) error {
		_, err := io.WriteString(file, text)
		return err
	})
}

// replace writes a file whole or leaves what was there.
func replace(name string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".half-written-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// writeZip packs the files of dist below a folder with the plugin's id, in the order of their names.
func writeZip(out io.Writer, dist string, m manifest, modified time.Time) error {
	archive := zip.NewWriter(out)
	// WalkDir goes through names in order.
	err := filepath.WalkDir(dist, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dist, file)
		if err != nil {
			return err
		}
		header := &zip.FileHeader{
			Name:     path.Join(m.ID, filepath.ToSlash(name)),
			Method:   zip.Deflate,
			Modified: modified.UTC(),
		}
		header.SetMode(0o644)
		if strings.HasPrefix(entry.Name(), m.Executable+"_") {
			header.SetMode(0o755) // whatever the file system of the machine that packs makes of it
		}
		into, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		from, err := os.Open(file)
		if err != nil {
			return err
		}
		_, err = io.Copy(into, from)
		return errors.Join(err, from.Close())
	})
	if err != nil {
		return err
	}
	return archive.Close()
}
