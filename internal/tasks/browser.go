package tasks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// browserVariable names the program of a Chromium or a browser made of it, where it is not found by itself.
// playwright.config.ts reads it as well.
const browserVariable = "CHROMIUM_PATH"

var errNoBrowser = errors.New("no Chromium: CHROMIUM_PATH is not set, Playwright has installed none, and none is on the PATH or where browsers usually are")

// findBrowser returns the program of a browser for Playwright: the one that the variable names, Playwright's own where it
// is installed, or the system's. The npm packages must be installed.
func findBrowser(ctx context.Context) (string, error) {
	if path := os.Getenv(browserVariable); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("%s is %s: %w", browserVariable, path, err)
		}
		return path, nil
	}
	ask := []string{"--print", "require('@playwright/test').chromium.executablePath()"}
	own, err := command(ctx, nil, "node", ask...).Output()
	if err != nil {
		return "", named(ctx, err, "node", ask)
	}
	for _, candidate := range append([]string{strings.TrimSpace(string(own))}, systemBrowsers[runtime.GOOS]...) {
		if path, err := exec.LookPath(os.ExpandEnv(candidate)); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

// systemBrowsers are programs on the PATH or files, by operating system.
var systemBrowsers = map[string][]string{
	"linux": {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"},
	"darwin": {
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
	},
	"windows": {
		`${ProgramFiles}\Google\Chrome\Application\chrome.exe`,
		`${LOCALAPPDATA}\Google\Chrome\Application\chrome.exe`,
		`${ProgramFiles}\Microsoft\Edge\Application\msedge.exe`,
	},
}
