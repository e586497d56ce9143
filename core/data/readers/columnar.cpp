// Parquet and Arrow, as Hugging Face's datasets are exported and cached.
#include "core/data/columnar_module.h"
#include "core/data/readers/json_rows.h"

#include <cstdint>

namespace diapason {
namespace {

// "translation.en" is a column of that name, or inside the column "translation".
WantedColumns wanted(const ColumnMap& columns) {
    WantedColumns names;
    for (const auto& [field, of_field] : columns) {
        for (const std::string& name : of_field) {
            names.insert(name);
            for (auto point = name.find('.'); point != std::string::npos; point = name.find('.', point + 1))
                names.insert(name.substr(0, point));
        }
    }
    return names;
}

class ColumnarReader : public DataReader {
public:
    bool maps_columns() const override { return true; }
    bool binary() const override { return true; }

    void for_each_object(const FileBeginning& beginning, const UseOfObject& use) const override {
        for_each_columnar_row(beginning.file, {}, [&](const MakeRow& row) { return use(row()); });
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        rows.problems().call_them("row");
        std::size_t number = 0;
        for_each_columnar_row(request.file, wanted(request.columns), [&](const MakeRow& row) {
            ++number;
            rows.problems().attempt(number, [&] { add_json_row(row(), number, request.columns, rows); });
            return true;
        });
    }
};

class ParquetReader : public ColumnarReader {
public:
    const char* name() const override { return "parquet"; }
    const char* title() const override { return "Parquet"; }
    std::string recognised(const FileBeginning& beginning) const override {
        return beginning.text.starts_with("PAR1") || beginning.text.starts_with("PARE") ? "its first bytes" : "";
    }
};

class ArrowReader : public ColumnarReader {
public:
    const char* name() const override { return "arrow"; }
    const char* title() const override { return "Arrow"; }
    std::string recognised(const FileBeginning& beginning) const override {
        if (beginning.text.starts_with("ARROW1")) return "its first bytes";
        // A stream begins with a mark, the size of its schema and the schema, a table of flat buffers.
        if (!beginning.text.starts_with("\xff\xff\xff\xff") || beginning.text.size() < 12) return {};
        std::uint32_t size = 0;
        for (int i = 7; i >= 4; --i)
            size = size << 8 | static_cast<unsigned char>(beginning.text[static_cast<std::size_t>(i)]);
        return size > 8 && size % 8 == 0 && size < (1u << 26) ? "it begins as Arrow's streams do" : "";
    }
};

} // namespace

const DataReader& parquet_reader() {
    static const ParquetReader reader;
    return reader;
}

const DataReader& arrow_reader() {
    static const ArrowReader reader;
    return reader;
}

} // namespace diapason
