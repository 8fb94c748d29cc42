package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/pullview/orders-datasource/internal/leash"
	"github.com/pullview/orders-datasource/internal/logtail"
	_ "github.com/pullview/orders-datasource/internal/pluginhost/grpclimit"
)

// ErrExited is the error of a call to a plugin whose process has ended, by itself or by Close.
var ErrExited = errors.New("the plugin's process has ended")

const (
	defaultGrafanaVersion = "12.4.0"
	appURL                = "http://localhost:3000/"

	// How long a start may take that is not limited by its context.
	startPatience = time.Minute
	// How long a broken connection is given to turn out as the end of the process.
	exitPatience = 2 * time.Second
	// How long a polite word to a process may take that does not read what it is sent.
	closePatience = 5 * time.Second
)

// Options describe the plugin and the Grafana that runs it.
type Options struct {
	// Dir is the plugin's directory, with plugin.json and the program for this machine: usually dist.
	Dir string
	// GrafanaVersion is what the plugin sees as the version of its host. Empty means "12.4.0".
	GrafanaVersion string
	// Env holds further variables for the plugin, as "NAME=value". Otherwise it gets only those that Grafana sets, not
	// this process's environment.
	Env []string
	// Log receives what the plugin writes to its standard error, its log in JSON lines, and its standard output. Nil
	// means nowhere. Calls do not overlap.
	Log io.Writer
}

// A Plugin is a running plugin process. Its methods may be called from several goroutines.
type Plugin struct {
	manifest       manifest
	grafanaVersion string
	cmd            *exec.Cmd
	end            context.CancelFunc // kills the process
	client         *goplugin.Client
	exited         <-chan struct{} // closed when the process has ended and was waited for
	log            *logtail.Tail
	sockets        string // the directory of the plugin's socket
	leash          *leash.Leash
	closing        sync.Once

	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	data        grpcplugin.DataClient
}

// Start runs the plugin. The caller must Close it. ctx limits the start only.
func Start(ctx context.Context, options Options) (*Plugin, error) {
	manifest, err := readManifest(options.Dir)
	if err != nil {
		return nil, err
	}
	executable, err := manifest.executable(options.Dir)
	if err != nil {
		return nil, err
	}
	p := &Plugin{manifest: manifest, grafanaVersion: options.GrafanaVersion, log: logtail.New(options.Log)}
	if p.grafanaVersion == "" {
		p.grafanaVersion = defaultGrafanaVersion
	}
	if err := p.start(ctx, executable, options.Env); err != nil {
		p.Close()
		return nil, fmt.Errorf("start %s: %w", executable, p.explain(err))
	}
	return p, nil
}

func (p *Plugin) start(ctx context.Context, executable string, env []string) (err error) {
	if p.sockets, err = os.MkdirTemp("", "pullview-plugin-"); err != nil {
		return err
	}
	if p.leash, err = leash.New(leash.Options{Remove: p.sockets}); err != nil {
		return err
	}
	life, end := context.WithCancel(context.Background())
	p.end = end
	p.cmd = exec.CommandContext(life, executable)
	p.cmd.Env = append(p.environment(), env...)
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
			"data":        &grpcplugin.DataGRPCPlugin{},
			"stream":      &grpcplugin.StreamGRPCPlugin{},
			"admission":   &grpcplugin.AdmissionGRPCPlugin{},
			"conversion":  &grpcplugin.ConversionGRPCPlugin{},
			"lifetime":    &lifetime{},
		}},
		Cmd:              p.cmd,
		SkipHostEnv:      true, // Grafana's default; forward_host_env_vars would change it
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(), // its own view of the plugin's log; Stderr gets the lines as they are
		Stderr:           p.log,
		SyncStdout:       p.log,
		SyncStderr:       p.log,
		StartTimeout:     startPatience,
	})
	started := make(chan error, 1)
	go func() { started <- p.connect() }()
	select {
	case err := <-started:
		return err
	case <-ctx.Done():
		p.end() // go-plugin's own Kill would wait for its Start
		<-started
		return ctx.Err()
	}
}

func (p *Plugin) connect() error {
	if _, err := p.client.Start(); err != nil {
		return err
	}
	if err := p.leash.Tie(p.cmd.Process); err != nil {
		return err
	}
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	if p.client.NegotiatedVersion() < grpcplugin.ProtocolVersion {
		return fmt.Errorf("the plugin speaks version %d of the protocol, not %d", p.client.NegotiatedVersion(), grpcplugin.ProtocolVersion)
	}
	life, err := dispense[context.Context](protocol, "lifetime")
	if err != nil {
		return err
	}
	p.exited = life.Done()
	go func() {
		<-p.exited
		_ = p.leash.Untie() // the process id may belong to a stranger from now on
	}()
	if p.diagnostics, err = dispense[grpcplugin.DiagnosticsClient](protocol, "diagnostics"); err != nil {
		return err
	}
	if p.resource, err = dispense[grpcplugin.ResourceClient](protocol, "resource"); err != nil {
		return err
	}
	p.data, err = dispense[grpcplugin.DataClient](protocol, "data")
	return err
}

func dispense[T any](protocol goplugin.ClientProtocol, name string) (T, error) {
	var none T
	raw, err := protocol.Dispense(name)
	if err != nil {
		return none, err
	}
	client, ok := raw.(T)
	if !ok {
		return none, fmt.Errorf("the client for %q is a %T", name, raw)
	}
	return client, nil
}

// A lifetime is no part of the protocol: it gets at the context that go-plugin ends when the process has ended.
type lifetime struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (*lifetime) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return nil }

func (*lifetime) GRPCClient(ctx context.Context, _ *goplugin.GRPCBroker, _ *grpc.ClientConn) (any, error) {
	return ctx, nil
}

// The variables that Grafana takes over from its own environment (pkg/plugins/envvars).
var permitted = []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}

// environment is what an open source Grafana with the default configuration sets for a plugin.
func (p *Plugin) environment() []string {
	env := []string{
		"GF_VERSION=" + p.grafanaVersion,
		"GF_EDITION=Open Source",
		"GF_ENTERPRISE_LICENSE_PATH=",
		"GF_ENTERPRISE_APP_URL=" + appURL,
		// Grafana leaves the socket to the directory for temporary files. Here it is removed, whatever happens.
		goplugin.EnvUnixSocketDir + "=" + p.sockets,
	}
	for _, name := range permitted {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// ID is the plugin's id, from its manifest.
func (p *Plugin) ID() string { return p.manifest.ID }

// PID is the id of the plugin's process, for measuring its memory.
func (p *Plugin) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the plugin's process has ended.
func (p *Plugin) Exited() <-chan struct{} { return p.exited }

// Close ends the process: politely, and after some seconds by force. Calls in progress fail with ErrExited. A second call
// has no effect.
func (p *Plugin) Close() {
	p.closing.Do(func() {
		if p.client != nil {
			force := time.AfterFunc(closePatience, p.end) // go-plugin would wait for a connection that is stuck
			p.client.Kill()
			force.Stop()
			p.end()
		}
		if p.sockets != "" {
			_ = os.RemoveAll(p.sockets)
		}
		if p.leash != nil {
			p.leash.Release()
		}
	})
}

// explain adds to the error of a call or a start what is known of the process.
func (p *Plugin) explain(err error) error {
	if p.exited == nil { // it never came up; go-plugin's words describe that, the reason is in the log
		if log := p.log.String(); log != "" {
			return fmt.Errorf("%w\n%s", err, log)
		}
		return err
	}
	select {
	case <-p.exited:
	default:
		return err
	}
	text := fmt.Sprintf("%s (process %d, %s)", p.manifest.ID, p.PID(), p.cmd.ProcessState)
	if log := p.log.String(); log != "" {
		text += ", its last words:\n" + log
	}
	return fmt.Errorf("%w: %s\n%w", ErrExited, text, err)
}
