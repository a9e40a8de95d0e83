package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func init() {
	cases["signal-self"] = signalSelf
	cases["signal-child"] = signalChild
	cases["kill"] = kill
	children["child-wait"] = childWait
	children["child-hang"] = childHang
}

func signalSelf() {
	arrived := make(chan os.Signal, 10)
	signal.Notify(arrived, os.Interrupt)
	me := got(os.FindProcess(os.Getpid()))
	for i := 0; i < 3; i++ {
		must(me.Signal(os.Interrupt))
		fmt.Println("got", <-arrived)
	}
	signal.Stop(arrived)
	fmt.Println(len(arrived))
}

// childWait says that it is ready, waits for a signal, and says which.
func childWait([]string) {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, os.Interrupt)
	fmt.Println("ready")
	fmt.Println("child got", <-arrived)
	os.Exit(5)
}

func childHang([]string) {
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

func signalChild() {
	command := self("child-wait")
	output := bufio.NewScanner(got(command.StdoutPipe()))
	must(command.Start())
	fmt.Println(output.Scan(), output.Text())
	must(command.Process.Signal(os.Interrupt))
	fmt.Println(output.Scan(), output.Text())
	fmt.Println(output.Scan())
	fmt.Println("failed:", command.Wait() != nil)
	fmt.Println("done:", command.Process.Signal(os.Interrupt) == os.ErrProcessDone)
}

func kill() {
	command := self("child-hang")
	output := bufio.NewScanner(got(command.StdoutPipe()))
	must(command.Start())
	fmt.Println(output.Scan(), output.Text())
	must(command.Process.Kill())
	fmt.Println("killed:", command.Wait() != nil)
}
