/** Calls that no file of weights makes for its tensors' sake, so that a file that makes one is refused. */

/** Python's built-in types, which other values are made of. */
const harmless = new Set([
  "bool",
  "bytearray",
  "bytes",
  "complex",
  "dict",
  "float",
  "frozenset",
  "int",
  "list",
  "object",
  "range",
  "set",
  "slice",
  "str",
  "tuple",
]);

/** Modules that reach the system, the network or the interpreter itself. */
const modules = new Set(
  ("_io _pickle _posixsubprocess _thread asyncio bdb builtins code codeop commands cPickle ctypes " +
    "dill distutils dis fileinput ftplib functools http httplib imaplib imp importlib inspect io " +
    "ipykernel IPython joblib linecache marshal multiprocessing nt ntpath operator os pdb pickle pip " +
    "pkgutil platform popen2 posix posixpath profile pty pydoc requests runpy setuptools shelve " +
    "shutil signal site smtplib socket socketserver sqlite3 subprocess sys telnetlib tempfile " +
    "threading timeit trace types typing unittest urllib urllib2 urllib3 uuid venv webbrowser winreg " +
    "xmlrpc zipimport __builtin__ __builtins__ __main__").split(" "),
);

/** Classes of those modules that hold data and do nothing. */
const plain = new Set(["types.SimpleNamespace", "functools.partial"]);

/** Whether a call of this name, such as `os.system`, is refused even where other calls are skipped. */
export function isForbidden(name: string): boolean {
  if (plain.has(name)) return false;
  const [module = "", member = ""] = name.split(".");
  if (/^(builtins|__builtin__|__builtins__)$/.test(module)) {
    return !(harmless.has(member) && name === `${module}.${member}`);
  }
  if (module === "torch") {
    return !/^torch\.([A-Z]|nn\.|optim\.|utils\.data\.)/.test(name);
  }
  return modules.has(module);
}
