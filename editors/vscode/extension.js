// Starts the language server when a law is opened, and stops it with the editor.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const [command, ...args] = workspace.getConfiguration("lawc").get("command");
  client = new LanguageClient(
    "lawc",
    "lawc",
    { command, args },
    { documentSelector: [{ scheme: "file", language: "law" }] }
  );
  return client.start();
};

exports.deactivate = () => client && client.stop();
