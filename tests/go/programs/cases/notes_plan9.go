package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func init() {
	cases["plan9-notes"] = plan9Notes
	cases["plan9-exit-text"] = plan9ExitText
	cases["plan9-proc"] = plan9Proc
	cases["plan9-syscalls"] = plan9Syscalls
}

// plan9Notes are notes of any text, by os.Process.Signal and by the file.
func plan9Notes() {
	arrived := make(chan os.Signal, 10)
	signal.Notify(arrived, syscall.Note("alarm"), syscall.Note("a text of my own"))
	me := got(os.FindProcess(os.Getpid()))
	must(me.Signal(syscall.Note("a text of my own")))
	fmt.Println("got", <-arrived)
	must(os.WriteFile(fmt.Sprintf("/proc/%d/note", os.Getpid()), []byte("alarm"), 0))
	fmt.Println("got", <-arrived)
	must(me.Signal(syscall.Note("unexpected: nobody asked for it")))
	time.Sleep(20 * time.Millisecond)
	fmt.Println(len(arrived))
}

// plan9ExitText is what a parent is told.
func plan9ExitText() {
	for _, args := range [][]string{{"child-exit", "0"}, {"child-exit", "17"}, {"death-panic"}, {"death-nil"}} {
		command := self(args...)
		command.Run()
		text := strings.Replace(command.ProcessState.String(), fmt.Sprint(command.Process.Pid), "PID", 1)
		fmt.Println(text, command.ProcessState.ExitCode())
	}
}

func plan9Proc() {
	status := strings.Fields(string(got(os.ReadFile(fmt.Sprintf("/proc/%d/status", os.Getpid())))))
	fmt.Println(len(status))
	fmt.Println(strings.HasSuffix(got(os.Executable()), status[0]))
	segments := strings.Split(strings.TrimSpace(string(got(os.ReadFile(fmt.Sprintf("/proc/%d/segment", os.Getpid()))))), "\n")
	for _, segment := range segments {
		fmt.Println(strings.Fields(segment)[0])
	}
	fmt.Println(os.Getppid() != os.Getpid(), os.Getpid() > 0)
}

func plan9Syscalls() {
	_, err := syscall.Open("/none/such", syscall.O_RDONLY)
	fmt.Println(err)
	fmt.Println(syscall.Close(77))
	var p [2]int
	must(syscall.Pipe(p[:]))
	fmt.Println(got(syscall.Write(p[0], []byte("one way"))), got(syscall.Write(p[1], []byte("and back"))))
	buffer := make([]byte, 100)
	n := got(syscall.Read(p[1], buffer))
	fmt.Printf("%q ", buffer[:n])
	n = got(syscall.Read(p[0], buffer))
	fmt.Printf("%q\n", buffer[:n])
	fmt.Println(got(syscall.Fd2path(p[0])))
	_, err = syscall.Seek(p[0], 0, 0)
	fmt.Println(err)
}
