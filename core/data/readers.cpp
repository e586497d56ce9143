#include "core/data/readers.h"

#include "core/base/error.h"
#include "core/base/words.h"

namespace diapason {

const std::vector<const DataReader*>& data_readers() {
    static const std::vector<const DataReader*> readers = {
#define DIAPASON_READER(name) &name##_reader(),
#include "core/data/readers/readers.def"
#undef DIAPASON_READER
    };
    return readers;
}

const DataReader* find_reader(const std::string& name) {
    for (const DataReader* reader : data_readers()) {
        if (name == reader->name()) return reader;
    }
    return nullptr;
}

std::vector<std::string> reader_names() {
    std::vector<std::string> names;
    for (const DataReader* reader : data_readers())
        names.emplace_back(reader->name());
    return names;
}

namespace {

const DataReader& reader_named(const std::string& name) {
    if (const DataReader* known = find_reader(name)) return *known;
    throw config_error("reader", name, "there is no such reader", "Choose from " + joined(reader_names()));
}

} // namespace

Dataset read_dataset(const std::string& reader, const std::filesystem::path& file, const ColumnMap& columns) {
    return read_dataset(reader, {file, columns, OptionValues::defaults(reader_named(reader).options())});
}

Dataset read_dataset(const std::string& reader, const ReadRequest& request) {
    const DataReader& known = reader_named(reader);
    for (const auto& [field, names] : request.columns) {
        if (find_example_field(field) == nullptr)
            throw config_error("columns." + field, joined(names), "an example has no such field");
    }
    DataRows rows(request.file, request.rules);
    known.read(request, rows);
    Dataset data = rows.take();
    if (data.empty()) throw input_error(request.file.string(), "contains no rows" + data.left_out().reasons);
    return data;
}

} // namespace diapason
