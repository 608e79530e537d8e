package wats_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The code of the README is a plugin whose tests pass.
func TestTheTutorialHolds(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	blocks := func(language string) (found []string) {
		for _, after := range strings.Split(string(readme), "\n```"+language+"\n")[1:] {
			code, _, _ := strings.Cut(after, "\n```\n")
			found = append(found, code+"\n")
		}
		return found
	}
	module := strings.Replace(blocks("text")[0], "/path/to/wats/sdk/go", filepath.ToSlash(here), 1)
	code := blocks("go")
	// The converter and its tests, and the same of the scheduled one.
	for i, imports := range []string{"", "\twats \"wats.dev/converter\"\n"} {
		folder := t.TempDir()
		write := func(name, content string) {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		write("go.mod", module)
		write("main.go", code[2*i])
		head := "package main\n\nimport (\n\t\"testing\"\n\n" + imports + "\t\"wats.dev/converter/watstest\"\n)\n\n"
		write("main_test.go", head+code[2*i+1])
		test := exec.Command("go", "test", ".")
		test.Dir = folder
		if output, err := test.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	}
}
