# For Mix, in a whole checkout of Moonlet.
defmodule MoonletLuerl.MixProject do
  use Mix.Project

  def project do
    [
      app: :moonlet_luerl,
      version: "0.1.0",
      language: :erlang,
      erlc_options: [:debug_info, :warnings_as_errors],
      deps: [{:moonlet, path: "../moonlet"}]
    ]
  end

  def application, do: []
end
