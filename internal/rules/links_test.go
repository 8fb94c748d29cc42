package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	pageLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pageHeading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	codeBlock   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inCode      = regexp.MustCompile("`[^`\n]*`")
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors lists what a link into the page may name, made of its headings as GitHub makes them.
func anchors(page string) (names []string) {
	for _, heading := range pageHeading.FindAllStringSubmatch(codeBlock.ReplaceAllString(page, ""), -1) {
		name := notInAnchor.ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// deadLinks lists the links of a page that lead to no file, or to no heading of it. The path is that of the page.
func deadLinks(t *testing.T, path, page string) (dead []string) {
	t.Helper()
	page = codeBlock.ReplaceAllString(page, "")
	for _, link := range pageLink.FindAllStringSubmatch(inCode.ReplaceAllString(page, ""), -1) {
		target, anchor, _ := strings.Cut(link[1], "#")
		// Our own pages under their address at the hosting service, in the README of the catalogue.
		if at, own := strings.CutPrefix(target, "https://github.com/pullview/orders-datasource/blob/main/"); own {
			target = filepath.Join(root, filepath.FromSlash(at))
		} else if strings.Contains(target, "://") {
			continue
		} else if target != "" {
			target = filepath.Join(filepath.Dir(path), filepath.FromSlash(target))
		}
		linked := page
		if target != "" {
			content, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr != nil {
				dead = append(dead, link[1])
				continue
			} else if !info.IsDir() {
				require.NoError(t, err)
			}
			linked = string(content)
		}
		if anchor != "" && !slices.Contains(anchors(linked), anchor) {
			dead = append(dead, link[1])
		}
	}
	return dead
}

func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"node_modules", "dist", "packages"}, entry.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pages++
		assert.Empty(t, deadLinks(t, path, string(content)), path)
		return nil
	}))
	assert.Greater(t, pages, 8, "hardly any page was found")
}

func TestADeadLinkIsSeen(t *testing.T) {
	t.Parallel()
	const page = "# A page: its `head`\n" +
		"[here](#a-page-its-head) [there](packaging_test.go) [up](../../docs) [out](https://example.com/nowhere#at-all)\n" +
		"`[code](nowhere)`\n```yaml\n# [more](nowhere)\n```\n"
	assert.Empty(t, deadLinks(t, "page.md", page))
	for _, link := range []string{"#nowhere", "nowhere.md", "packaging_test.go#nowhere", "https://github.com/pullview/orders-datasource/blob/main/nowhere.md"} {
		assert.Equal(t, []string{link}, deadLinks(t, "page.md", page+"[dead]("+link+")\n"))
	}
}
