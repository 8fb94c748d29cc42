package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, seen from this package.
const root = "../.."

// sourceFile is one parsed Go file of pkg/ that becomes part of the plugin.
type sourceFile struct {
	path    string // relative to pkg/, with slashes
	folder  string // the package's folder, "." for main
	syntax  *ast.File
	fileSet *token.FileSet
}

func (f *sourceFile) at(pos token.Pos) string {
	return "pkg/" + f.path + ":" + strconv.Itoa(f.fileSet.Position(pos).Line)
}

// imports returns the import paths of the file by the name under which the
// file uses them.
func (f *sourceFile) imports() map[string]string {
	byName := make(map[string]string, len(f.syntax.Imports))
	for _, spec := range f.syntax.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		byName[name] = path
	}
	return byName
}

func pluginSources(t *testing.T) []*sourceFile {
	t.Helper()
	var files []*sourceFile
	base := filepath.Join(root, "pkg")
	require.NoError(t, filepath.WalkDir(base, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fileSet := token.NewFileSet()
		syntax, err := parser.ParseFile(fileSet, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		folder := "."
		if slash := strings.LastIndexByte(relative, '/'); slash >= 0 {
			folder = relative[:slash]
		}
		files = append(files, &sourceFile{path: relative, folder: folder, syntax: syntax, fileSet: fileSet})
		return nil
	}))
	require.NotEmpty(t, files, "pkg/ has no Go files: the rules would pass without looking at anything")
	return files
}

// methodsOf lists the methods that the file declares on a type.
func methodsOf(f *sourceFile, typeName string) []string {
	var names []string
	for _, declaration := range f.syntax.Decls {
		method, ok := declaration.(*ast.FuncDecl)
		if !ok || method.Recv == nil {
			continue
		}
		receiver := method.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok && name.Name == typeName {
			names = append(names, method.Name.Name)
		}
	}
	return names
}
