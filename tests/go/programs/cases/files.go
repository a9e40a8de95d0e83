package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func init() {
	cases["files"] = files
	cases["append"] = appends
	cases["permissions"] = permissions
	cases["directories"] = directories
	cases["walk"] = walk
	cases["pipes"] = pipes
	cases["parallel-files"] = parallelFiles
	cases["errors"] = fileErrors
}

// inScratch runs f in a new directory, which does not survive it.
//
// On Plan 9 the working directory is the thread's.  Package syscall sets it before it opens a relative name, but
// nothing keeps the goroutine on that thread in between (issue 9428), so this does.
func inScratch(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := got(os.Getwd())
	folder := got(os.MkdirTemp(".", "scratch"))
	must(os.Chmod(folder, 0o755)) // on Plan 9 new files get no more permissions than their folder has
	must(os.Chdir(folder))
	f()
	must(os.Chdir(before))
	must(os.RemoveAll(folder))
	_, err := os.Stat(folder)
	fmt.Println("gone:", errors.Is(err, fs.ErrNotExist))
}

func files() {
	inScratch(func() {
		must(os.WriteFile("a", []byte("hello, world\n"), 0o644))
		fmt.Printf("%q\n", got(os.ReadFile("a")))
		info := got(os.Stat("a"))
		fmt.Println(info.Name(), info.Size(), info.IsDir(), info.Mode())

		must(os.Rename("a", "b"))
		_, err := os.Stat("a")
		fmt.Println("renamed:", errors.Is(err, fs.ErrNotExist), got(os.Stat("b")).Size())

		file := got(os.OpenFile("b", os.O_RDWR, 0))
		fmt.Println(got(file.Seek(7, io.SeekStart)), got(file.Seek(-2, io.SeekEnd)), got(file.Seek(-5, io.SeekCurrent)))
		got(file.WriteString("W"))
		got(file.WriteAt([]byte("J"), 0))
		buffer := make([]byte, 5)
		fmt.Println(got(file.ReadAt(buffer, 3)), string(buffer))
		_, err = file.ReadAt(buffer, 10)
		fmt.Println(err)
		_, err = file.ReadAt(buffer, 100)
		fmt.Println(err)
		must(file.Truncate(5))
		fmt.Println(got(file.Stat()).Size())
		must(file.Sync())
		must(file.Close())
		_, err = file.Write([]byte("x"))
		fmt.Println("closed:", errors.Is(err, fs.ErrClosed))
		fmt.Printf("%q\n", got(os.ReadFile("b")))

		file = got(os.Create("hole"))
		got(file.WriteAt([]byte("end"), 100000))
		must(file.Close())
		content := got(os.ReadFile("hole"))
		fmt.Println(len(content), content[50000], string(content[100000:]))

		then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
		must(os.Chtimes("b", then, then))
		fmt.Println(got(os.Stat("b")).ModTime().UTC())
		must(os.Remove("b"))
		must(os.WriteFile("with space and ä", nil, 0o600))
		for _, entry := range got(os.ReadDir(".")) {
			fmt.Printf("%q\n", entry.Name())
		}
		file = got(os.Create("lines"))
		writer := bufio.NewWriter(file)
		for i := 0; i < 5000; i++ {
			fmt.Fprintln(writer, "line", i)
		}
		must(writer.Flush())
		must(file.Close())
		file = got(os.Open("lines"))
		lines, bytes := 0, 0
		for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
			bytes += len(scanner.Text())
		}
		must(file.Close())
		fmt.Println(lines, bytes)
	})
}

func appends() {
	inScratch(func() {
		must(os.WriteFile("log", []byte("0"), 0o644))
		one := got(os.OpenFile("log", os.O_WRONLY|os.O_APPEND, 0))
		two := got(os.OpenFile("new", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644))
		for i := 1; i < 5; i++ {
			fmt.Fprint(one, i)
			fmt.Fprint(two, i)
		}
		must(one.Close())
		must(two.Close())
		fmt.Printf("%s %s\n", got(os.ReadFile("log")), got(os.ReadFile("new")))
		three := got(os.OpenFile("log", os.O_WRONLY|os.O_TRUNC, 0))
		must(three.Close())
		fmt.Println(got(os.Stat("log")).Size())
		_, err := os.OpenFile("log", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		fmt.Println("exclusive:", errors.Is(err, fs.ErrExist))
		four := got(os.OpenFile("fresh", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644))
		must(four.Close())
	})
}

func permissions() {
	inScratch(func() {
		must(os.WriteFile("f", []byte("x"), 0o600))
		must(os.Mkdir("d", 0o700))
		for _, mode := range []fs.FileMode{0o644, 0o600, 0o755, 0o400} {
			must(os.Chmod("f", mode))
			fmt.Println(got(os.Stat("f")).Mode())
		}
		must(os.Chmod("d", 0o750))
		fmt.Println(got(os.Stat("d")).Mode())
		must(os.Chmod("f", 0o600))
	})
}

func directories() {
	inScratch(func() {
		must(os.MkdirAll("a/b/c/d", 0o755))
		must(os.MkdirAll("a/b", 0o755))
		fmt.Println("exists:", errors.Is(os.Mkdir("a", 0o755), fs.ErrExist))
		for i := 0; i < 300; i++ {
			must(os.WriteFile(fmt.Sprintf("a/b/file%03d", i), []byte(strings.Repeat("x", i)), 0o644))
		}
		entries := got(os.ReadDir("a/b"))
		size := int64(0)
		for _, entry := range entries {
			if !entry.IsDir() {
				size += got(entry.Info()).Size()
			}
		}
		fmt.Println(len(entries), entries[0].Name(), entries[299].Name(), size)

		folder := got(os.Open("a/b"))
		seen := 0
		for {
			some, err := folder.Readdirnames(7)
			seen += len(some)
			if err == io.EOF {
				break
			}
			must(err)
		}
		fmt.Println(seen)
		must(folder.Close())

		here := got(os.Getwd())
		must(os.Chdir("a/b/c"))
		fmt.Println(got(filepath.Rel(here, got(os.Getwd()))))
		must(os.WriteFile("../up", []byte("up"), 0o644))
		must(os.Chdir("../../.."))
		fmt.Println(got(os.Getwd()) == here, string(got(os.ReadFile("a/b/up"))))
		fmt.Println("not empty:", os.Remove("a") != nil)
		must(os.Rename("a/b/c", "a/b/renamed"))
		fmt.Println(got(os.Stat("a/b/renamed/d")).IsDir())
	})
}

func walk() {
	inScratch(func() {
		for _, name := range []string{"x/1", "x/y/2", "x/y/z/3", "w/4"} {
			must(os.MkdirAll(filepath.Dir(name), 0o755))
			must(os.WriteFile(name, []byte(name), 0o644))
		}
		must(filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
			fmt.Println(path, entry.IsDir(), err)
			return nil
		}))
		names := got(fs.Glob(os.DirFS("."), "x/y/*"))
		sort.Strings(names)
		fmt.Println(names)
		fmt.Println(got(filepath.Glob("*/[14]")))
		fmt.Println(string(got(fs.ReadFile(os.DirFS("x"), "y/2"))))
	})
}

func pipes() {
	r, w, err := os.Pipe()
	must(err)
	go func() {
		for i := 0; i < 1000; i++ {
			fmt.Fprintf(w, "%d\n", i)
		}
		must(w.Close())
	}()
	sum, lines := 0, 0
	for scanner := bufio.NewScanner(r); scanner.Scan(); lines++ {
		var n int
		got(fmt.Sscan(scanner.Text(), &n))
		sum += n
	}
	fmt.Println(lines, sum)
	_, err = r.Read(make([]byte, 1))
	fmt.Println(err)
	must(r.Close())

	inner, outer := io.Pipe()
	go func() { fmt.Fprint(outer, "through memory"); outer.Close() }()
	fmt.Println(string(got(io.ReadAll(inner))))
}

func parallelFiles() {
	inScratch(func() {
		var wait sync.WaitGroup
		here := got(os.Getwd())
		for i := 0; i < 8; i++ {
			wait.Add(1)
			go func(i int) {
				defer wait.Done()
				name := filepath.Join(here, fmt.Sprint("f", i))
				for round := 0; round < 20; round++ {
					text := strings.Repeat(fmt.Sprint(i, round), 200)
					must(os.WriteFile(name, []byte(text), 0o644))
					if back := got(os.ReadFile(name)); string(back) != text {
						fmt.Println("wrong content in", name)
					}
				}
			}(i)
		}
		wait.Wait()
		fmt.Println(len(got(os.ReadDir("."))))
	})
}

func fileErrors() {
	inScratch(func() {
		_, err := os.Open("none")
		fmt.Println(os.IsNotExist(err), errors.Is(err, fs.ErrNotExist))
		var pathError *fs.PathError
		fmt.Println(errors.As(err, &pathError), pathError.Op, pathError.Path)
		must(os.Mkdir("d", 0o755))
		must(os.WriteFile("f", nil, 0o644))
		fmt.Println(os.WriteFile("d", nil, 0o644) != nil, os.Remove("none") != nil, os.Chdir("f") != nil)
		fmt.Println(os.IsExist(os.Mkdir("d", 0o755)), os.RemoveAll("none"))
		_, err = os.Stat("f/under")
		fmt.Println(err != nil)
		fmt.Println(os.Rename("none", "other") != nil)
	})
}
