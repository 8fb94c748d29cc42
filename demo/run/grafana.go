package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/demo/provisioned"
	"github.com/pullview/orders-datasource/internal/grafanahome"
	"github.com/pullview/orders-datasource/internal/leash"
)

const (
	pluginID = "pullview-orders-datasource"
	// grafanaPatience is how long Grafana may take to start, on a machine that is busy.
	grafanaPatience = 3 * time.Minute
	// grafanaGoodbye is how long it may take to end.
	grafanaGoodbye = 4 * time.Second
)

// configuration is all of Grafana's configuration. Nothing is asked of or told to anybody else: no update
// checks, no news, no plugin catalogue. People may look without signing in; a guest signs in, so that what happens to
// somebody whose session ends can be seen.
const configuration = `
[paths]
data = %[1]s
logs = %[2]s
plugins = %[3]s
provisioning = %[4]s
[server]
protocol = http
http_addr = 127.0.0.1
http_port = %[5]d
domain = 127.0.0.1
root_url = http://127.0.0.1:%[5]d%[8]s/
serve_from_sub_path = true
[security]
admin_user = admin
admin_password = %[6]s
disable_gravatar = true
[auth.anonymous]
enabled = %[9]t
org_role = Viewer
[users]
allow_sign_up = false
[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
feedback_links_enabled = false
[news]
news_feed_enabled = false
[snapshots]
external_enabled = false
[plugins]
allow_loading_unsigned_plugins = %[7]s
plugin_admin_enabled = false
preinstall_disabled = true
public_key_retrieval_disabled = true
[unified_alerting]
min_interval = 10s
[unified_alerting.screenshots]
capture = false
[feature_toggles]
groupByVariable = true
[dashboards]
min_refresh_interval = 1s
default_home_dashboard_path = %[4]s/dashboards/sales.json
[log]
mode = file
level = info
`

// inGrafana runs the installed Grafana until ctx ends.
func (s scene) inGrafana(ctx context.Context) (err error) {
	found, err := grafanahome.Find(os.Getenv(grafanahome.Variable))
	if err != nil {
		return err
	}
	folders := map[string]string{}
	for _, name := range []string{"data", "logs", "plugins", "provisioning"} {
		folders[name] = filepath.Join(s.dir, name)
		if err := os.Mkdir(folders[name], 0o700); err != nil {
			return fmt.Errorf("a folder for Grafana: %w", err)
		}
	}
	if err := linkOrCopy(s.options.plugin, filepath.Join(folders["plugins"], pluginID)); err != nil {
		return fmt.Errorf("give Grafana the plugin: %w", err)
	}
	if err := s.prepareProvisioning(folders["provisioning"]); err != nil {
		return err
	}
	reserved, err := reservePort(grafanaPort)
	if err != nil {
		return fmt.Errorf("a port for Grafana: %w", err)
	}
	defer func() { err = errors.Join(err, reserved.release()) }()
	port, taken := reserved.port, instead(reserved.port, grafanaPort)
	password := rand.Text()
	ini := filepath.Join(s.dir, "grafana.ini")
	text := fmt.Sprintf(configuration, folders["data"], folders["logs"], folders["plugins"], folders["provisioning"], port, password, pluginID, s.options.under, len(s.options.guest) == 0)
	if err := os.WriteFile(ini, []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure Grafana: %w", err)
	}

	process, err := s.startGrafana(found, ini, folders["provisioning"])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, process.stop()) }()
	return s.present(ctx, presented{
		address: fmt.Sprintf("http://127.0.0.1:%d%s", port, s.options.under), taken: taken, password: password,
		ended: process.done, log: filepath.Join(folders["logs"], "grafana.log"), output: process.output,
	})
}

// prepareProvisioning copies the provisioning files, and makes the folders that Grafana looks for besides.
func (s scene) prepareProvisioning(target string) error {
	if err := os.CopyFS(target, os.DirFS(s.options.provisioning)); err != nil {
		return fmt.Errorf("copy the provisioning files: %w", err)
	}
	for _, name := range []string{"plugins", "access-control"} {
		if err := os.MkdirAll(filepath.Join(target, name), 0o755); err != nil {
			return fmt.Errorf("a provisioning folder: %w", err)
		}
	}
	return nil
}

// linkOrCopy makes target the same folder as source, or where links are not allowed a copy of it.
func linkOrCopy(source, target string) error {
	if err := os.Symlink(source, target); err == nil {
		return nil
	}
	return os.CopyFS(target, os.DirFS(source))
}

// grafanaProcess is a running Grafana.
type grafanaProcess struct {
	cmd    *exec.Cmd
	leash  *leash.Leash
	done   chan struct{}
	output *bytes.Buffer // what it wrote before its log was open; to be read when done
}

func (s scene) startGrafana(found grafanahome.Installation, ini, provisioning string) (*grafanaProcess, error) {
	cmd := exec.Command(found.Program, append(found.Args, "--homepath", found.Home, "--config", ini)...)
	cmd.Dir = s.dir
	// Its own environment, so that no GF_ variable of this one changes the demo.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir,
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "TEMP=" + s.dir,
		"GF_PATHS_PROVISIONING=" + provisioning,
	}
	for name, value := range s.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	p := &grafanaProcess{cmd: cmd, done: make(chan struct{}), output: &bytes.Buffer{}}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = time.Second
	apart(cmd)
	var err error
	if p.leash, err = leash.New(leash.Options{Signal: "TERM", Remove: s.dir}); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		p.leash.Release()
		return nil, fmt.Errorf("start Grafana: %w", err)
	}
	tied := p.leash.Tie(cmd.Process)
	go func() {
		_ = cmd.Wait()
		_ = p.leash.Untie()
		close(p.done)
	}()
	if tied != nil {
		return nil, errors.Join(tied, p.stop())
	}
	return p, nil
}

// stop ends Grafana, which ends its plugin: politely, and after a while by force.
func (p *grafanaProcess) stop() error {
	defer p.leash.Release()
	_ = askToEnd(p.cmd.Process) // it may have ended
	select {
	case <-p.done:
		return nil
	case <-time.After(grafanaGoodbye):
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end Grafana: %w", err)
	}
	<-p.done
	return nil
}

// presented is a Grafana that is starting.
type presented struct {
	address, taken, password string
	ended                    <-chan struct{}
	log                      string        // a file; empty if there is none
	output                   *bytes.Buffer // nil if there is none
}

// present waits until Grafana answers the first panel, says where it is, and stays until ctx ends.
func (s scene) present(ctx context.Context, p presented) error {
	begun := time.Now()
	waiting, cancel := context.WithTimeout(ctx, grafanaPatience)
	defer cancel()
	if err := s.await(waiting, p, "Grafana starts", func() error { return healthy(waiting, p.address) }); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("starting Grafana failed: %w%s", err, p.lastWords())
	}
	steps := s.steps
	steps.say("Grafana is at %s%s (%s)", p.address, p.taken, since(begun))
	files, err := provisioned.Load(os.DirFS(s.options.provisioning), func(name string) string { return s.environment[name] })
	if err != nil {
		return err
	}
	for _, d := range files.Dashboards {
		steps.say("  %-16s %s/d/%s", d.Title, p.address, d.UID)
	}
	steps.say("  %-16s %s/alerting/list", "Alert rules", p.address)
	if len(s.options.guest) == 0 {
		steps.say("Everybody here may look; to change something sign in as admin with the password %s", p.password)
	}
	if err := s.await(waiting, p, "the first panel is asked for", func() error { return askPanel(waiting, p, files) }); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("no panel was answered: %w%s", err, p.lastWords())
	}
	if len(s.options.guest) > 0 {
		return s.receive(ctx, p)
	}
	steps.say("The first panel is answered. Ctrl-C ends the demo.")
	s.answered()
	select {
	case <-ctx.Done():
		return nil
	case <-p.ended:
		return fmt.Errorf("the Grafana process has ended%s", p.lastWords())
	}
}

// await tries until try succeeds, ctx ends or Grafana does.
func (s scene) await(ctx context.Context, p presented, what string, try func() error) error {
	begun := time.Now()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		s.steps.progress("%s … %s", what, time.Since(begun).Round(time.Second))
		select {
		case <-ctx.Done():
			return err
		case <-p.ended:
			return errors.New("its process has ended")
		case <-ticker.C:
		}
	}
}

var client = &http.Client{Timeout: 20 * time.Second}

func healthy(ctx context.Context, address string) error {
	_, err := call(ctx, http.MethodGet, address+"/api/health", "", nil)
	return err
}

// askPanel asks the first panel's queries through Grafana.
func askPanel(ctx context.Context, p presented, files provisioned.Files) error {
	if len(files.Dashboards) == 0 || len(files.Dashboards[0].Panels) == 0 {
		return errors.New("there is no panel")
	}
	d := files.Dashboards[0]
	panel := d.Panels[0]
	from, to, err := d.Range(panel.TimeFrom, time.Now())
	if err != nil {
		return err
	}
	queries := make([]json.RawMessage, len(panel.Targets))
	for i, target := range panel.Targets {
		queries[i] = target.JSON
	}
	body, err := json.Marshal(map[string]any{
		"from": fmt.Sprint(from.UnixMilli()), "to": fmt.Sprint(to.UnixMilli()), "queries": queries,
	})
	if err != nil {
		return err
	}
	_, err = call(ctx, http.MethodPost, p.address+"/api/ds/query", p.password, body)
	return err
}

// call sends a request to Grafana, as admin where a password is given. Answers other than success are errors.
func call(ctx context.Context, method, url, password string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if password != "" {
		request.SetBasicAuth("admin", password)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", url, response.Status, bytes.TrimSpace(text))
	}
	return text, nil
}

// lastWords are the last errors of Grafana's log, or what it wrote instead.
func (p presented) lastWords() string {
	var lines []string
	if text, err := os.ReadFile(p.log); err == nil {
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "level=error") || strings.Contains(line, "level=crit") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) && p.log != "" {
		lines = append(lines, err.Error())
	}
	select {
	case <-p.ended:
		if p.output != nil {
			lines = append(lines, strings.Split(strings.TrimSpace(p.output.String()), "\n")...)
		}
	default:
	}
	if len(lines) > 8 {
		lines = lines[len(lines)-8:]
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(lines, "\n")
}
