package tasks

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/pullview/orders-datasource/internal/release"
)

// Test checks everything, from a fresh clone on: both languages' linters and types, the build of both halves, and all
// tests, Go's with the race detector. It stops at the first failure.
func Test(ctx context.Context) error {
	ctx, cancel := session(ctx)
	defer cancel()
	return runSteps(ctx, os.Stdout, testSteps())
}

// The cheap steps come first, so that most failures show early. The Go tests come last and alone: some of them measure
// time, and some run what the other steps built. So do the browser tests, which come after them.
func testSteps() []step {
	modules := []string{"npm packages"}
	steps := []step{
		{name: "C compiler", run: checkCompiler},
		{name: "npm packages", run: installModules},
		{name: "go vet", after: []string{"C compiler"}, run: vet},
		{name: "typescript", after: modules, run: runs("npm", "run", "--silent", "typecheck")},
		{name: "eslint", after: modules, run: runs("npm", "run", "--silent", "lint")},
	}
	steps = append(steps, buildSteps(time.Now(), thisMachine)[1:]...) // without the packages
	steps = append(steps,
		checkStep([]release.Platform{thisMachine}, "backend build"),
		step{name: "staticcheck", after: []string{"C compiler"}, run: staticcheck},
		step{name: "jest", after: modules, run: testFrontend},
	)
	tests := step{name: "go test", alone: true, run: testGo}
	for _, s := range steps {
		tests.after = append(tests.after, s.name)
	}
	return append(steps, tests, step{name: "browser tests", after: []string{tests.name}, alone: true, run: browseIfPossible})
}

// checkCompiler finds out before anything else whether the race detector will work.
func checkCompiler(ctx context.Context, out io.Writer) (string, error) {
	text, err := command(ctx, nil, "go", "env", "CC").Output()
	if err != nil {
		return "", named(ctx, err, "go", []string{"env", "CC"})
	}
	compiler, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	if _, err := exec.LookPath(compiler); err != nil {
		return "", fmt.Errorf("go's race detector needs a C compiler, and %q is not on PATH: install gcc or clang", compiler)
	}
	return "", nil
}

// Both linters look at the packages as the race detector builds them. They need their dependencies compiled, and so share
// that work with the tests, which on a fresh clone is most of the time.

// vet looks at all packages, and at the Magefile, which is part of none.
func vet(ctx context.Context, out io.Writer) (string, error) {
	if err := run(ctx, out, "go", "vet", "-race", "./..."); err != nil {
		return "", err
	}
	return "", run(ctx, out, "go", "vet", "-race", "-tags", "mage", ".")
}

func staticcheck(ctx context.Context, out io.Writer) (string, error) {
	// Asked for its path first: with the flag below, go would compile the tool itself for the race detector.
	find := command(ctx, nil, "go", "tool", "-n", "staticcheck")
	path, err := find.Output()
	if err != nil {
		return "", named(ctx, err, "go", find.Args[1:])
	}
	cmd := command(ctx, out, strings.TrimSpace(string(path)), "./...")
	cmd.Env = append(os.Environ(), goflags("-race"))
	return "", named(ctx, cmd.Run(), "staticcheck", []string{"./..."})
}

// goflags is the environment's GOFLAGS and flag, as an assignment.
func goflags(flag string) string {
	return "GOFLAGS=" + strings.TrimSpace(os.Getenv("GOFLAGS")+" "+flag)
}
