// What the module libdiapason_columnar.so exports (core/data/columnar_module.h).
#include "core/base/error.h"
#include "core/data/columnar/arrow_values.h"
#include "core/data/columnar_module.h"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <numeric>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

namespace diapason {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t rows_at_a_time = 1024;

class Columnar {
public:
    Columnar(fs::path file, const WantedColumns& columns) : m_file(std::move(file)), m_wanted(columns) {}

    bool read(const UseOfRow& use) {
        const auto file = checked(arrow::io::ReadableFile::Open(m_file.string(), arrow::system_memory_pool()));
        const auto beginning = checked(file->ReadAt(0, 6));
        const std::string_view bytes(*beginning);
        check(file->Seek(0));
        if (bytes.starts_with("PAR1") || bytes.starts_with("PARE")) return parquet(file, use);
        if (bytes.starts_with("ARROW1")) return arrow_file(file, use);
        return arrow_stream(file, use);
    }

private:
    bool parquet(const std::shared_ptr<arrow::io::ReadableFile>& file, const UseOfRow& use) {
        ::parquet::arrow::FileReaderBuilder builder;
        check(builder.Open(file));
        ::parquet::ArrowReaderProperties properties(/*use_threads=*/false);
        properties.set_batch_size(rows_at_a_time);
        std::unique_ptr<::parquet::arrow::FileReader> reader;
        check(builder.memory_pool(arrow::system_memory_pool())->properties(properties)->Build(&reader));
        const auto batches = checked(reader->GetRecordBatchReader(all_groups(*reader), leaves_of(*reader)));
        names_of(*batches->schema());
        std::shared_ptr<arrow::RecordBatch> batch;
        for (check(batches->ReadNext(&batch)); batch != nullptr; check(batches->ReadNext(&batch)))
            if (!rows_of(*batch, use)) return false;
        return true;
    }

    static std::vector<int> all_groups(const ::parquet::arrow::FileReader& reader) {
        std::vector<int> groups(static_cast<std::size_t>(reader.num_row_groups()));
        std::iota(groups.begin(), groups.end(), 0);
        return groups;
    }
    // Parquet counts what columns consist of.
    std::vector<int> leaves_of(::parquet::arrow::FileReader& reader) const {
        const ::parquet::SchemaDescriptor& schema = *reader.parquet_reader()->metadata()->schema();
        std::vector<int> leaves;
        for (int i = 0; i < schema.num_columns(); ++i)
            if (is_wanted(schema.GetColumnRoot(i)->name())) leaves.push_back(i);
        return leaves;
    }

    bool arrow_file(const std::shared_ptr<arrow::io::ReadableFile>& file, const UseOfRow& use) {
        auto reader = checked(arrow::ipc::RecordBatchFileReader::Open(file, options()));
        names_of(*reader->schema());
        reader = checked(arrow::ipc::RecordBatchFileReader::Open(file, options(reader->schema().get())));
        for (int i = 0; i < reader->num_record_batches(); ++i)
            if (!rows_of(*sound(checked(reader->ReadRecordBatch(i))), use)) return false;
        return true;
    }

    bool arrow_stream(const std::shared_ptr<arrow::io::ReadableFile>& file, const UseOfRow& use) {
        auto reader = checked(arrow::ipc::RecordBatchStreamReader::Open(file, options()));
        names_of(*reader->schema());
        check(file->Seek(0)); // what is wanted can be said to a new reader only
        reader = checked(arrow::ipc::RecordBatchStreamReader::Open(file, options(reader->schema().get())));
        std::shared_ptr<arrow::RecordBatch> batch;
        for (check(reader->ReadNext(&batch)); batch != nullptr; check(reader->ReadNext(&batch)))
            if (!rows_of(*sound(std::move(batch)), use)) return false;
        return true;
    }

    arrow::ipc::IpcReadOptions options(const arrow::Schema* schema = nullptr) const {
        arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
        options.memory_pool = arrow::system_memory_pool();
        options.use_threads = false;
        for (int i = 0; schema != nullptr && i < schema->num_fields(); ++i)
            if (is_wanted(schema->field(i)->name())) options.included_fields.push_back(i);
        return options;
    }

    // Its offsets are those of a stranger.
    std::shared_ptr<arrow::RecordBatch> sound(std::shared_ptr<arrow::RecordBatch> batch) const {
        check(batch->ValidateFull());
        return batch;
    }

    void names_of(const arrow::Schema& schema) {
        const auto found = schema.metadata() == nullptr ? arrow::Result<std::string>(arrow::Status::KeyError(""))
                                                        : schema.metadata()->Get("huggingface");
        if (!found.ok()) return;
        try {
            const Json features = parse_json(*found, {}).at("info").at("features");
            m_names = ClassNames::of(features);
        } catch (const std::exception&) { // it says nothing that we could use
        }
    }

    bool rows_of(const arrow::RecordBatch& batch, const UseOfRow& use) const {
        for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
            const bool more = use([&] {
                Json object = Json::object();
                for (int i = 0; i < batch.num_columns(); ++i) {
                    const std::string& name = batch.column_name(i);
                    try {
                        object[name] = value_of(*batch.column(i), row, m_names.of_column(name));
                    } catch (const Error& error) {
                        throw input_error({}, "\"" + name + "\" " + error.details().what);
                    }
                }
                return object;
            });
            if (!more) return false;
        }
        return true;
    }

    void check(const arrow::Status& status) const {
        if (!status.ok()) throw input_error(m_file.string(), "cannot be read: " + status.message());
    }
    template <typename T>
    T checked(arrow::Result<T> result) const {
        check(result.status());
        return std::move(result).ValueUnsafe();
    }

    bool is_wanted(const std::string& column) const { return m_wanted.empty() || m_wanted.count(column) > 0; }

    fs::path m_file;
    const WantedColumns& m_wanted;
    ClassNames m_names; ///< of the columns
};

} // namespace
} // namespace diapason

extern "C" __attribute__((visibility("default"))) bool diapason_read_columnar(const std::filesystem::path& file,
                                                                              const diapason::WantedColumns& columns,
                                                                              const diapason::UseOfRow& use) {
    try {
        return diapason::Columnar(file, columns).read(use);
    } catch (const ::parquet::ParquetException& error) {
        throw diapason::input_error(file.string(), std::string("cannot be read: ") + error.what());
    } catch (const std::bad_alloc&) {
        throw diapason::input_error(file.string(), "asks for more memory than there is");
    }
}
