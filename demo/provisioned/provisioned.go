// Package provisioned reads a folder of Grafana provisioning files as Grafana 12.4 does: data sources,
// dashboards, alert rules and mute timings. It knows as much of the formats as it takes to ask the same
// questions as Grafana and to judge the answers alike, and refuses what it does not know where that would
// change an answer.
package provisioned

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pullview/orders-datasource/pkg/catalog"
)

// Files is everything that a provisioning folder declares.
type Files struct {
	DataSources []DataSource
	Dashboards  []Dashboard
	Groups      []RuleGroup
	MuteTimings []MuteTiming
}

// Load reads the folders datasources, dashboards and alerting of dir. The dashboards are the JSON files
// beside the dashboard providers. Names and times are checked; the error names the file.
func Load(dir fs.FS, variables Variables) (Files, error) {
	var files Files
	err := errors.Join(
		each(dir, "datasources", []string{".yaml", ".yml"}, func(content []byte) error {
			return files.addDataSources(content, variables)
		}),
		each(dir, "dashboards", []string{".json"}, func(content []byte) error {
			dashboard, err := parseDashboard(content)
			files.Dashboards = append(files.Dashboards, dashboard)
			return err
		}),
		each(dir, "alerting", []string{".yaml", ".yml", ".json"}, files.addAlerting),
	)
	if err != nil {
		return Files{}, err
	}
	if err := files.check(); err != nil {
		return Files{}, err
	}
	slices.SortFunc(files.Dashboards, func(a, b Dashboard) int { return strings.Compare(a.Title, b.Title) })
	return files, nil
}

// each calls read with the content of every file of a folder that has one of the endings.
func each(dir fs.FS, folder string, endings []string, read func(content []byte) error) error {
	entries, err := fs.ReadDir(dir, folder)
	if err != nil {
		return fmt.Errorf("read the folder %s: %w", folder, err)
	}
	for _, entry := range entries {
		if entry.IsDir() || !slices.Contains(endings, path.Ext(entry.Name())) {
			continue
		}
		name := path.Join(folder, entry.Name())
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if err := read(content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// DataSource is a provisioned data source, with its variables replaced.
type DataSource struct {
	UID, Name, Type     string
	URL, User, Database string
	JSONData            json.RawMessage
	Secure              map[string]string
}

func (f *Files) addDataSources(content []byte, variables Variables) error {
	var file struct {
		DataSources []struct {
			UID, Name, Type     string
			URL, User, Database string
			JSONData            map[string]any    `yaml:"jsonData"`
			SecureJSONData      map[string]string `yaml:"secureJsonData"`
		} `yaml:"datasources"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return err
	}
	for _, declared := range file.DataSources {
		ds := DataSource{
			UID: declared.UID, Name: declared.Name, Type: declared.Type,
			URL: declared.URL, User: declared.User, Database: declared.Database,
			Secure: map[string]string{},
		}
		for _, field := range []*string{&ds.UID, &ds.Name, &ds.Type, &ds.URL, &ds.User, &ds.Database} {
			var err error
			if *field, err = Expand(*field, variables); err != nil {
				return fmt.Errorf("data source %s: %w", declared.Name, err)
			}
		}
		if ds.Name == "" || ds.Type == "" || ds.UID == "" {
			return errors.New("every data source needs a name, a type and a uid")
		}
		jsonData, err := expandAll(declared.JSONData, variables)
		if err != nil {
			return fmt.Errorf("data source %s: jsonData: %w", ds.Name, err)
		}
		if ds.JSONData, err = json.Marshal(jsonData); err != nil {
			return fmt.Errorf("data source %s: jsonData: %w", ds.Name, err)
		}
		for key, value := range declared.SecureJSONData {
			if ds.Secure[key], err = Expand(value, variables); err != nil {
				return fmt.Errorf("data source %s: secureJsonData.%s: %w", ds.Name, key, err)
			}
		}
		f.DataSources = append(f.DataSources, ds)
	}
	return nil
}

// DataSource returns the data source with the uid.
func (f Files) DataSource(uid string) (DataSource, bool) {
	i := slices.IndexFunc(f.DataSources, func(ds DataSource) bool { return ds.UID == uid })
	if i < 0 {
		return DataSource{}, false
	}
	return f.DataSources[i], true
}

// Catalog returns the catalog of a Live Orders data source.
func (ds DataSource) Catalog() (*catalog.Catalog, error) {
	var options struct {
		Catalog json.RawMessage `json:"catalog"`
	}
	if err := json.Unmarshal(ds.JSONData, &options); err != nil {
		return nil, fmt.Errorf("data source %s: jsonData: %w", ds.Name, err)
	}
	cat, err := catalog.Parse(options.Catalog)
	if err != nil {
		return nil, fmt.Errorf("data source %s: the catalog: %w", ds.Name, err)
	}
	return cat, nil
}

// check reports names that lead nowhere.
func (f Files) check() error {
	var problems []error
	known := func(uid, where string) {
		if _, ok := f.DataSource(uid); !ok {
			problems = append(problems, fmt.Errorf("%s asks the data source %q, which is not provisioned", where, uid))
		}
	}
	uids := map[string]bool{}
	for _, d := range f.Dashboards {
		if uids[d.UID] {
			problems = append(problems, fmt.Errorf("two dashboards have the uid %q", d.UID))
		}
		uids[d.UID] = true
		for _, p := range d.Panels {
			known(p.DataSource, fmt.Sprintf("the panel %q of the dashboard %q", p.Title, d.Title))
		}
	}
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			for _, name := range r.MuteTimings {
				if !slices.ContainsFunc(f.MuteTimings, func(m MuteTiming) bool { return m.Name == name }) {
					problems = append(problems, fmt.Errorf("the rule %q names the mute timing %q, which is not provisioned", r.Title, name))
				}
			}
			for _, node := range r.Data {
				if node.DataSource != Expressions {
					known(node.DataSource, fmt.Sprintf("the rule %q", r.Title))
				}
			}
			if !slices.ContainsFunc(r.Data, func(n Node) bool { return n.RefID == r.Condition }) {
				problems = append(problems, fmt.Errorf("the rule %q has the condition %q, which is none of its queries", r.Title, r.Condition))
			}
		}
	}
	return errors.Join(problems...)
}
