// Package leash ends a child process whose owner has died.
//
// A program that starts a database or a plugin stops it before it exits. It cannot do so when it is killed, panics in
// another goroutine, or is ended by a test deadline. A leash covers these cases: it watches this process from outside
// and, when this process is gone, ends the child that is tied and removes the directory that belongs to it.
//
// On Unix the watcher is a shell that reads a pipe whose only writer is this process: the kernel closes the pipe however
// this process ends. (Linux's parent-death signal would be simpler, but it fires when the starting thread ends, not the
// process, and it removes no directory.) On Windows it is a job object that ends its members when its last handle is
// closed; there the directory stays.
package leash

import (
	"errors"
	"path/filepath"
)

// Options says what is done when this process dies before Release.
type Options struct {
	// Signal is the name, without "SIG", of the signal that asks the tied process to end, for example "QUIT". Empty
	// means "KILL". A process that is still there 10 seconds later is killed. Windows has no signals: it is killed.
	Signal string
	// Remove is the absolute path of a directory that is removed afterwards. Empty means none. Not done on Windows.
	Remove string
}

func (o Options) validate() error {
	if o.Remove != "" && !filepath.IsAbs(o.Remove) {
		return errors.New("leash: the directory to remove must be an absolute path, not " + o.Remove)
	}
	return nil
}
