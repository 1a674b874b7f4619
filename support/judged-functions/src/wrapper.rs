//! Functions that run one command, once for a claim.

use globus_compute::{Error, Function, Result};

/// The helper, as a function that stands inside the wrapper: older endpoints see nothing beside a function.
const FENCED: &str = include_str!("fenced.py");
/// The line of a wrapper that the helper takes the place of.
const MARK: &str = "    # fenced(argv, cwd, timeout, claim) is put here";

/// The function `name` of a wrapper's source, in which the line `    # fenced(argv, cwd, timeout, claim) is put here`
/// becomes that helper. It runs a command given as a list, once for its claim, and kills its process group when the time
/// is up; what it returns is what [`run_function`](crate::run_function) judges.
///
/// ```
/// let source = "def hello(who, claim=None):\n    # fenced(argv, cwd, timeout, claim) is put here\n    \
///               return fenced(['echo', who], None, 60, claim)\n";
/// let function = judged_functions::wrapper("hello", source)?;
/// assert!(function.source().contains("os.mkdir(claim)"));
/// # Ok::<(), globus_compute::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`](globus_compute::ErrorKind::Config) if the line is missing, or the source is not such a
/// function's.
pub fn wrapper(name: &str, source: &str) -> Result<Function> {
    let mut lines = Vec::new();
    let mut found = false;
    for line in source.lines() {
        if line == MARK {
            found = true;
            lines.extend(FENCED.lines().map(indented));
        } else {
            lines.push(line.to_owned());
        }
    }
    if !found {
        return Err(Error::config(format!("function `{name}` has no line `{MARK}`")));
    }
    Function::from_source(name, lines.join("\n") + "\n")
}

fn indented(line: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("    {line}")
    }
}

#[cfg(test)]
mod tests {
    use globus_compute::Dialect;

    use super::*;

    #[test]
    fn a_wrapper_is_one_function_that_old_endpoints_can_run() {
        let source = format!("def f(claim=None):\n{MARK}\n    return fenced(['true'], None, 1, claim)\n");
        let function = wrapper("f", &source).unwrap();
        assert!(function.code(Dialect::Legacy).is_ok());
        assert!(!function.source().contains(MARK));
    }

    #[test]
    fn a_wrapper_without_the_line_is_refused() {
        let error = wrapper("f", "def f():\n    return 1\n").unwrap_err();
        assert!(error.to_string().contains("has no line"), "{error}");
    }
}
