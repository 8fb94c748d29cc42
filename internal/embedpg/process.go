package embedpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/internal/leash"
)

// How often a condition of the server process is looked at.
const pollInterval = 10 * time.Millisecond

// A process is one run of the server program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process and all its children have ended
}

// launch starts the server program of the cluster on port and ties it to the leash for as long as it runs. It does not
// wait for the server to accept connections.
func launch(c *cluster, port int, log io.Writer, l *leash.Leash) (*process, error) {
	// On the command line, so that no setting moves the server away from where DSN says it is. No Unix socket: a
	// temporary directory's path is easily too long for one.
	cmd := c.command(context.Background(), "postgres", "-D", c.data(), "-p", strconv.Itoa(port),
		"-c", "listen_addresses="+loopback, "-c", "unix_socket_directories=")
	// A pipe, since this is no *os.File: Wait returns when the last child has closed it.
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	tied := l.Tie(cmd.Process)
	go func() {
		_ = cmd.Wait()
		_ = l.Untie() // before anyone can launch the next one
		close(p.done)
	}()
	if tied != nil {
		return nil, errors.Join(tied, p.crash(), p.awaitEnd(stopPatience))
	}
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

var errEnded = errors.New("the server ended while it was starting")

// awaitReady returns once the server accepts connections. It goes by the server's own word in its data directory: a
// connection to the port could reach a stranger.
func (p *process) awaitReady(ctx context.Context, data string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if ready(filepath.Join(data, "postmaster.pid"), p.cmd.Process.Pid) {
			return nil
		}
		select {
		case <-p.done:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("the server did not start: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// ready reads a postmaster.pid (src/include/utils/pidfile.h in PostgreSQL): line 1 is the process id, line 8 the status.
func ready(path string, pid int) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 || lines[0] != strconv.Itoa(pid) {
		return false
	}
	status := strings.TrimSpace(lines[7])
	return status == "ready" || status == "standby"
}

// awaitEnd returns once the process and its children have ended, or with an error after patience.
func (p *process) awaitEnd(patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		return fmt.Errorf("the server did not end within %s", patience)
	}
}

const loopback = "127.0.0.1"

// freePort returns a TCP port of the loopback interface that nobody listens on. Somebody else may take it at any time.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func portTaken(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return true
	}
	_ = listener.Close()
	return false
}
