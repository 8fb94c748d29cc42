package tasks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The module that the go command tests in these tests.
var sample = map[string]string{
	"go.mod": "module sample\n\ngo 1.26\n",
	"good/good_test.go": `package good
import "testing"
func TestPlain(t *testing.T) { println("noise") }
func TestTable(t *testing.T) {
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {})
	}
}
func TestSkipped(t *testing.T) { t.Skip("needs a tape drive") }
`,
	"empty/empty.go": "package empty\n",
}

func TestPassedTestsAreCountedWithoutTheirNoise(t *testing.T) {
	out, summary, err := testModule(t, sample)
	require.NoError(t, err, out)
	assert.Equal(t, "3 Go tests passed in 1 packages, 1 skipped", summary)
	assert.Contains(t, out, "   skipped sample/good.TestSkipped: needs a tape drive\n")
	assert.Regexp(t, `(?m)^   ok sample/good \(\d+\.\ds\): 4 tests$`, out)
	assert.NotContains(t, out, "noise")
	assert.NotContains(t, out, "sample/empty")
}

func TestFailuresAreShownWithWhatTheyPrinted(t *testing.T) {
	for _, test := range []struct {
		name    string
		file    string
		content string
		want    []string
	}{
		{"a failed test", "bad/bad_test.go", `package bad
import "testing"
func TestTable(t *testing.T) {
	t.Run("fine", func(t *testing.T) { t.Log("fine words") })
	t.Run("wrong", func(t *testing.T) { t.Error("six times nine is not 42") })
}`, []string{"six times nine is not 42", "--- FAIL: TestTable/wrong", "FAIL sample/bad", "   failed: sample/bad.TestTable/wrong\n"}},
		{"a panic", "bad/bad_test.go", `package bad
import "testing"
func TestPanic(t *testing.T) { panic("out of cheese") }`, []string{"out of cheese", "FAIL sample/bad", "   failed: sample/bad"}},
		{"an early exit", "bad/bad_test.go", `package bad
import ("os"; "testing")
func TestMain(m *testing.M) { println("no server here"); os.Exit(3) }`, []string{"no server here", "FAIL sample/bad", "   failed: sample/bad\n"}},
		{"no compilation", "bad/bad_test.go", `package bad
var x int = "text"`, []string{"cannot use", "FAIL sample/bad", "   failed: sample/bad\n"}},
		{"a data race", "bad/bad_test.go", `package bad
import "testing"
func TestRace(t *testing.T) {
	n, done := 0, make(chan bool)
	go func() { n++; close(done) }()
	n++
	<-done
}`, []string{"DATA RACE", "--- FAIL: TestRace", "   failed: sample/bad.TestRace\n"}},
		{"no module", "go.mod", "nonsense", []string{"unknown directive: nonsense"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{}
			for name, content := range sample {
				files[name] = content
			}
			files[test.file] = test.content

			out, _, err := testModule(t, files)

			var failed *exec.ExitError
			require.ErrorAs(t, err, &failed)
			for _, want := range test.want {
				assert.Contains(t, out, want)
			}
			assert.NotContains(t, out, "fine words")
		})
	}
}

func testModule(t *testing.T, files map[string]string) (out, summary string, err error) {
	t.Helper()
	chdirModule(t, files)
	var text lockedText
	summary, err = testGo(t.Context(), &text)
	return text.String(), summary, err
}

func chdirModule(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	t.Chdir(dir)
}

func TestTheReasonOfASkipIsFound(t *testing.T) {
	t.Parallel()
	report := newGoTestReport(&strings.Builder{})
	events := `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: only root: can do this\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"skip","Package":"p","Test":"TestB","Elapsed":0}
{"Action":"pass","Package":"p","Elapsed":0.1}`
	require.NoError(t, report.readFrom(strings.NewReader(events)))
	assert.Equal(t, []string{"p.TestA: only root: can do this", "p.TestB: no reason given"}, report.skipped)
}

func TestTemporaryFilesOfTestsAreInMemoryWhereThereIsRoom(t *testing.T) {
	t.Setenv("TMPDIR", "")
	t.Setenv("GOTMPDIR", "")
	env, remove, err := testEnvironment()
	require.NoError(t, err)
	defer remove()
	memory := memoryForFiles()
	if memory == "" {
		assert.Equal(t, os.Environ(), env)
		return
	}
	assert.Contains(t, env, "GOTMPDIR="+os.TempDir())
	dir, ok := strings.CutPrefix(env[len(env)-2], "TMPDIR=")
	require.True(t, ok, env)
	assert.Equal(t, memory, filepath.Dir(dir))
	assert.DirExists(t, dir)
	remove()
	assert.NoDirExists(t, dir)
}

func TestAChosenPlaceForTemporaryFilesIsKept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	env, remove, err := testEnvironment()
	require.NoError(t, err)
	remove()
	assert.Equal(t, os.Environ(), env)
	assert.DirExists(t, os.Getenv("TMPDIR"))
}
