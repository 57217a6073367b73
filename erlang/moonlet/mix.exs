# For Mix, in a whole checkout of Moonlet: the library is built by its Makefile.
defmodule Mix.Tasks.Compile.MoonletNif do
  use Mix.Task.Compiler

  def run(_args) do
    root = Path.expand("../..", __DIR__)
    arguments = ["-C", root, "ERLANG_PRIV=erlang/moonlet/priv", "erlang-priv"]

    case System.cmd("make", arguments, into: IO.stream(:stdio, :line), stderr_to_stdout: true) do
      {_, 0} -> {:ok, []}
      {_, _} -> Mix.raise("make erlang-priv failed")
    end
  end
end

defmodule Moonlet.MixProject do
  use Mix.Project

  def project do
    [
      app: :moonlet,
      version: "0.1.0",
      language: :erlang,
      compilers: [:moonlet_nif] ++ Mix.compilers(),
      erlc_options: [:debug_info, :warnings_as_errors],
      deps: []
    ]
  end

  def application, do: []
end
