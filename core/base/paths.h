// Where things lie: resources that come with Diapason, and the user's data. Nothing is written elsewhere.
#pragma once

#include <filesystem>
#include <string>

namespace diapason {

/// Folder of the running program. @throws Error(internal) where the system does not say it
std::filesystem::path program_folder();

/// A library that comes with the program: beside it, in ../lib/diapason of an installation, or in ../bin of a build
/// tree. Never searched for anywhere else. @throws Error(internal) when it is in none of them
std::filesystem::path program_library(const std::string& name);

/// Folder with backbones/, data/, tasks/, studies/, recipes/: $DIAPASON_RESOURCES, else ../share/diapason beside the
/// program, else the source tree of a development build. @throws Error(internal) when none exists
std::filesystem::path resource_folder();

/// The user's data: $DIAPASON_HOME, else $XDG_DATA_HOME/diapason, else ~/.local/share/diapason. Created when absent.
/// @throws Error(storage) when it cannot be created
std::filesystem::path home_folder();

/// `--home` of the command line: wins over the environment from now on. Call before any thread starts.
void set_home_folder(const std::filesystem::path& folder);

/// The database used when none is named: home_folder()/diapason.db.
std::filesystem::path default_database();

/// A file name without any folder: no slash, no "..", no zero byte, not empty.
bool is_plain_name(const std::string& name);

} // namespace diapason
