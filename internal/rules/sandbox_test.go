package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forbiddenImports reach out of the plugin's process, or out of the type
// system. Grafana's plugin review refuses them in a backend.
var forbiddenImports = []string{
	"C", "unsafe", "syscall", "plugin",
	"io/ioutil", "log", "path/filepath",
	"os/exec", "os/signal", "os/user", "golang.org/x/sys",
}

// permittedOS are the members of package os that neither read nor change
// anything outside the process's own exit code.
var permittedOS = []string{"Exit", "ErrDeadlineExceeded"}

// violations lists what a file does that a plugin must not do.
func violations(f *sourceFile) []string {
	var found []string
	imports := f.imports()
	for _, spec := range f.syntax.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		for _, forbidden := range forbiddenImports {
			if path == forbidden || strings.HasPrefix(path, forbidden+"/") {
				found = append(found, f.at(spec.Pos())+" imports "+path)
			}
		}
		if path == "os" && spec.Name != nil && spec.Name.Name == "." {
			found = append(found, f.at(spec.Pos())+" imports all names of os")
		}
	}
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:linkname") {
				found = append(found, f.at(comment.Pos())+" links to a name that is not exported")
			}
		}
	}
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.SelectorExpr:
			name, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch path := imports[name.Name]; {
			case path == "os" && !slices.Contains(permittedOS, n.Sel.Name),
				path == "fmt" && strings.HasPrefix(n.Sel.Name, "Print"):
				found = append(found, f.at(n.Pos())+" uses "+path+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "print" || name.Name == "println") {
				found = append(found, f.at(n.Pos())+" uses "+name.Name)
			}
		}
		return true
	})
	return found
}

func TestThePluginLeavesEnvironmentFilesProcessesAndStandardOutputAlone(t *testing.T) {
	t.Parallel()
	for _, file := range pluginSources(t) {
		assert.Empty(t, violations(file))
	}
}

func TestTheSandboxRuleSeesEveryWayOut(t *testing.T) {
	t.Parallel()
	for source, complaint := range map[string]string{
		`import "os"; var v = os.Getenv("HOME")`:           "os.Getenv",
		`import "os"; var f, err = os.Open("/etc/passwd")`: "os.Open",
		`import system "os"; var e = system.Environ()`:     "os.Environ",
		`import . "os"`:                             "all names of os",
		`import "os/exec"`:                          "os/exec",
		`import "syscall"`:                          "syscall",
		`import "unsafe"`:                           "unsafe",
		`import "golang.org/x/sys/unix"`:            "golang.org/x/sys/unix",
		`import "path/filepath"`:                    "path/filepath",
		`import "fmt"; func f() { fmt.Println(1) }`: "fmt.Println",
		`func f() { println(1) }`:                   "println",
		"//go:linkname f runtime.f\nfunc f()":       "not exported",
	} {
		complaints := violations(parseSource(t, source))
		if assert.Len(t, complaints, 1, source) {
			assert.Contains(t, complaints[0], complaint)
		}
	}
	assert.Empty(t, violations(parseSource(t, `import ("fmt"; "os"); func f() { _ = fmt.Sprint(1); os.Exit(1) }`)))
}

func parseSource(t *testing.T, body string) *sourceFile {
	t.Helper()
	fileSet := token.NewFileSet()
	syntax, err := parser.ParseFile(fileSet, "sample.go", "package sample\n"+body, parser.ParseComments)
	require.NoError(t, err)
	return &sourceFile{path: "sample.go", folder: "sample", syntax: syntax, fileSet: fileSet}
}
