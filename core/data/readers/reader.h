// A format of data files. One file of this folder and one line of readers.def each.
#pragma once

#include "core/base/options.h"
#include "core/data/field_values.h"
#include "core/data/readers/data_rows.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// Field of Example → the columns of the file that fill it.
using ColumnMap = std::map<std::string, ColumnNames>;

struct ReadRequest {
    std::filesystem::path file;
    ColumnMap columns;
    OptionValues options; ///< of the reader
    RowRules rules = {};
};

/// What a file begins with.
struct FileBeginning {
    std::filesystem::path file;
    std::string text;  ///< its first bytes
    bool whole = true; ///< they are all
};

/// @return whether to go on
using UseOfObject = std::function<bool(const Json& object)>;

/// Stateless.
class DataReader {
public:
    virtual ~DataReader() = default;
    virtual const char* name() const = 0;  ///< as task files say it
    virtual const char* title() const = 0; ///< "Comma-separated values"
    /// The kind of task that its rows make; empty = the columns decide.
    virtual std::string kind() const { return {}; }
    /// Metrics that its papers judge by, the first of them for tables; empty = those of the kind.
    virtual std::vector<std::string> metrics() const { return {}; }
    /// Whether a task has to say which columns fill which fields; else the format itself says it.
    virtual bool maps_columns() const { return false; }
    /// Whether its files are no text.
    virtual bool binary() const { return false; }
    /// Empty, or what shows that a file is of this format: "every line is a JSON object".
    virtual std::string recognised(const FileBeginning& /*beginning*/) const { return {}; }
    /// The objects that a file of named values begins with, from which columns are guessed; what is wrong with one, or
    /// cut at the end of the beginning, reading says.
    virtual void for_each_object(const FileBeginning& /*beginning*/, const UseOfObject& /*use*/) const {}
    /// What can differ among files of this format: Task::reader_options.
    virtual std::vector<OptionDescriptor> options() const { return {}; }
    /// Empty, or what is wrong with such options beyond their descriptors.
    virtual std::string fault_of(const OptionValues& /*options*/) const { return {}; }
    /// Adds every row. @throws Error(input) for a file that cannot be read at all
    virtual void read(const ReadRequest& request, DataRows& rows) const = 0;
};

#define DIAPASON_READER(name) const DataReader& name##_reader();
#include "core/data/readers/readers.def"
#undef DIAPASON_READER

} // namespace diapason
