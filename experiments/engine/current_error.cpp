#include "experiments/engine/current_error.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

namespace diapason {

Error current_error() {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return {ErrorKind::memory, "not enough memory"};
    } catch (const c10::Error& error) {
        const std::string what = error.what_without_backtrace();
        const bool memory =
            what.find("can't allocate") != std::string::npos || what.find("out of memory") != std::string::npos;
        return {memory ? ErrorKind::memory : ErrorKind::internal, memory ? "not enough memory: " + what : what};
    } catch (const std::exception& error) {
        return {ErrorKind::internal, error.what()};
    } catch (...) {
        return {ErrorKind::internal, "an unknown exception"};
    }
}

} // namespace diapason
