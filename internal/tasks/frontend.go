package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// installModules brings node_modules up to date with package-lock.json. npm keeps a copy of the lock file in there, whose
// age tells whether anything is to be done.
func installModules(ctx context.Context, out io.Writer) (string, error) {
	current, err := newer(filepath.Join("node_modules", ".package-lock.json"), "package-lock.json")
	if err != nil {
		return "", err
	}
	if current {
		return "", nil
	}
	return "", run(ctx, out, "npm", "ci", "--no-audit", "--no-fund")
}

// newer tells whether file exists and is not older than source.
func newer(file, source string) (bool, error) {
	s, err := os.Stat(source)
	if err != nil {
		return false, err
	}
	f, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return !f.ModTime().Before(s.ModTime()), nil
}

// testFrontend runs jest and counts its tests.
func testFrontend(ctx context.Context, out io.Writer) (string, error) {
	dir, err := os.MkdirTemp("", "pullview-jest-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	report := filepath.Join(dir, "report.json")
	if err := run(ctx, out, "npm", "run", "--silent", "test:ci", "--", "--json", "--outputFile", report); err != nil {
		return "", err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return "", fmt.Errorf("jest wrote no report: %w", err)
	}
	return summarizeJest(text)
}

func summarizeJest(report []byte) (string, error) {
	var counts struct {
		Passed  int `json:"numPassedTests"`
		Pending int `json:"numPendingTests"`
		Todo    int `json:"numTodoTests"`
	}
	if err := json.Unmarshal(report, &counts); err != nil {
		return "", fmt.Errorf("read jest's report: %w", err)
	}
	summary := fmt.Sprintf("%d frontend tests passed", counts.Passed)
	if skipped := counts.Pending + counts.Todo; skipped > 0 {
		summary += fmt.Sprintf(", %d skipped", skipped)
	}
	return summary, nil
}
