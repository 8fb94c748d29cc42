package embedpg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// The names of temporary directories start with this, so that those of owners that died can be found.
const scratchPrefix = "pullview-embedpg-"

// A scratch is the temporary directory of one server. As long as its owner lives, the owner holds a lock on a file in it.
type scratch struct {
	dir  string // absolute
	lock *os.File
}

// newScratch makes a directory that the account can reach. The first call sweeps those that dead owners left.
func newScratch(a *account) (*scratch, error) {
	bases := []string{os.TempDir(), "/tmp", "/var/tmp"}
	var failure error
	for i, base := range bases {
		base, err := filepath.Abs(base)
		if err != nil || slices.Contains(bases[:i], base) || !exists(base) {
			continue
		}
		sweepOnce(base)
		s, err := newScratchIn(base, a)
		if err == nil {
			return s, nil
		}
		failure = errors.Join(failure, err)
	}
	return nil, fmt.Errorf("make a temporary directory for PostgreSQL: %w", failure)
}

func newScratchIn(base string, a *account) (*scratch, error) {
	dir, err := os.MkdirTemp(base, scratchPrefix)
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: dir}
	if s.lock, err = claim(dir); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	if a != nil {
		if err := os.Chmod(dir, 0o755); err != nil { // the data directory in it stays closed to others
			return nil, errors.Join(err, s.remove())
		}
	}
	if !a.reaches(dir) {
		return nil, errors.Join(fmt.Errorf("the account %s cannot reach %s", a.name, dir), s.remove())
	}
	return s, nil
}

// remove removes the directory and gives up the lock.
func (s *scratch) remove() error {
	if s.lock != nil {
		_ = s.lock.Close() // first, since Windows removes no open file
	}
	return os.RemoveAll(s.dir)
}

var swept sync.Map // of directories, so that each is swept once per process

func sweepOnce(base string) {
	if _, done := swept.LoadOrStore(base, true); !done {
		sweep(base)
	}
}

// sweep removes what owners left in base that died together with their leash, for example because everything of theirs
// was killed at once. A server that lost its directory ends by itself within a minute. What cannot be removed is left
// for the next time: a start does not fail over it.
func sweep(base string) {
	dirs, err := filepath.Glob(filepath.Join(base, scratchPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if lock, ok := abandoned(dir); ok {
			_ = lock.Close() // first, since Windows removes no open file; two sweepers of one directory do no harm
			_ = os.RemoveAll(dir)
		}
	}
}
