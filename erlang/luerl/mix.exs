# For Mix, in a whole checkout of Moonlet.
defmodule Luerl.MixProject do
  use Mix.Project

  def project do
    [
      app: :luerl,
      version: "1.5.0",
      language: :erlang,
      erlc_options: [:debug_info, :warnings_as_errors],
      deps: [{:moonlet_luerl, path: "../moonlet_luerl"}]
    ]
  end

  def application, do: []
end
