package embedpg

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// copyData copies a data directory, whose server may run in backup mode, and gives the copy to the account. Files that
// vanish meanwhile are left out: the server wrote in its log that it removed them.
func copyData(from, to string, account *account) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != from {
			return nil
		}
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case relative == "postmaster.pid", relative == "postmaster.opts":
			return nil // of the process, not of the data
		case entry.IsDir():
			err = os.Mkdir(target, 0o700)
		case entry.Type().IsRegular():
			err = copyDataFile(path, target)
		default:
			return nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return account.own(target)
	})
}

func copyDataFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
