//go:build ignore

// Makes the bindings of the contract in ../../wit anew: `go generate ./internal/bindings`, with wit-bindgen 0.63.0 (built with
// its feature `go`) on the PATH.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	version = "wit-bindgen-cli 0.63.0"
	module  = "wats.dev/converter/internal/bindings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run() error {
	found, err := exec.Command("wit-bindgen", "--version").Output()
	if err != nil {
		return fmt.Errorf("wit-bindgen: %w", err)
	}
	if got := strings.TrimSpace(string(found)); got != version {
		return fmt.Errorf("found %s, wanted is %s", got, version)
	}
	// The interfaces of the contract are the same in both worlds; what they export is not.
	if err := world("converter", "exports"); err != nil {
		return err
	}
	return world("scheduled-converter", "scheduled")
}

// The bindings of a world, with what it exports in that folder.
func world(name, exports string) error {
	generated, err := os.MkdirTemp("", "bindings")
	if err != nil {
		return err
	}
	defer os.RemoveAll(generated)
	bindgen := exec.Command("wit-bindgen", "go", filepath.Join("..", "..", "wit"),
		"--world", name, "--pkg-name", module, "--out-dir", generated)
	bindgen.Stderr = os.Stderr
	if err := bindgen.Run(); err != nil {
		return err
	}
	return filepath.WalkDir(generated, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(generated, file)
		if err != nil {
			return err
		}
		// The bodies of the exports are written by hand, and the names of a world are used by nobody.
		path := filepath.ToSlash(name)
		if strings.Contains(path, "export_wit_world") || (exports != "exports" && strings.Contains(path, "imports/wit_world/")) {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		// The module carries the runtime of the bindings itself.
		own := bytes.ReplaceAll(text, []byte("go.bytecodealliance.org/pkg/wit/"), []byte("wats.dev/converter/internal/wit/"))
		own = bytes.ReplaceAll(own, []byte(module+"/exports/"), []byte(module+"/"+exports+"/"))
		name = strings.Replace(path, "exports/", exports+"/", 1)
		if filepath.Ext(name) == ".go" {
			if own, err = format.Source(own); err != nil {
				return err
			}
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		return os.WriteFile(name, own, 0o666)
	})
}
