// safetensors: the reader with the acceptance rules of the format, and the writer.

#include "core/backbone/limits.h"
#include "core/backbone/safetensors_header.h"
#include "core/backbone/tensor_file.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

namespace diapason {
namespace fs = std::filesystem;
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

constexpr std::uint64_t max_header_bytes = 100'000'000; // the format's own limit
constexpr std::size_t max_metadata = 4096;              // entries
constexpr std::size_t max_dimensions = 16;
constexpr std::size_t max_name_bytes = 4096;

// Reads a header as it streams by; anything that is not exactly the format stops it. Building the whole document first
// would let a hostile header allocate at will and would lose duplicate keys.
class HeaderReader : public nlohmann::json_sax<Json> {
public:
    std::vector<TensorEntry> entries;
    std::map<std::string, std::string> metadata;
    std::string problem;

    bool null() override { return refuse("null"); }
    bool boolean(bool) override { return refuse("a boolean"); }
    bool number_integer(number_integer_t) override { return refuse("a negative number"); }
    bool number_float(number_float_t, const string_t& text) override { return refuse("the number " + text); }
    bool binary(binary_t&) override { return refuse("binary data"); }

    bool number_unsigned(number_unsigned_t value) override {
        if (m_state == State::shape) {
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return refuse("a huge dimension");
            if (entries.back().shape.size() == max_dimensions) return refuse("more than 16 dimensions");
            entries.back().shape.push_back(static_cast<std::int64_t>(value));
            return true;
        }
        if (m_state == State::offsets && m_offsets < 2) {
            (m_offsets++ == 0 ? entries.back().begin : entries.back().end) = value;
            return true;
        }
        return refuse("an unexpected number");
    }

    bool string(string_t& text) override {
        if (m_state == State::metadata) {
            if (metadata.size() == max_metadata)
                return refuse("more than " + std::to_string(max_metadata) + " entries of metadata");
            metadata[m_key] = text;
            return true;
        }
        if (m_state == State::tensor && m_key == "dtype") {
            entries.back().dtype = text;
            return true;
        }
        return refuse("an unexpected string");
    }

    bool start_object(std::size_t) override {
        if (m_state == State::start) return go(State::top);
        if (m_state != State::top) return refuse("a nested object");
        if (m_key == "__metadata__") return go(State::metadata);
        if (entries.size() == max_tensors) return refuse("more than " + std::to_string(max_tensors) + " tensors");
        entries.push_back({});
        entries.back().name = m_key;
        m_fields.clear();
        m_offsets = 0;
        return go(State::tensor);
    }

    bool end_object() override {
        if (m_state == State::tensor && m_fields.size() != 3)
            return refuse("a tensor without dtype, shape and data_offsets");
        return go(m_state == State::top ? State::end : State::top);
    }

    bool start_array(std::size_t) override {
        if (m_state == State::tensor && m_key == "shape") return go(State::shape);
        if (m_state == State::tensor && m_key == "data_offsets") return go(State::offsets);
        return refuse("an unexpected list");
    }

    bool end_array() override {
        if (m_state == State::offsets && m_offsets != 2) return refuse("data_offsets that are not two numbers");
        return go(State::tensor);
    }

    bool key(string_t& name) override {
        m_key = name;
        if (name.size() > max_name_bytes) return refuse("a name of more than 4096 bytes");
        if (m_state == State::top) return m_names.insert(name).second || refuse("the tensor \"" + name + "\" twice");
        if (m_state == State::metadata)
            return m_metadata_keys.insert(name).second || refuse("the metadata key \"" + name + "\" twice");
        if (name != "dtype" && name != "shape" && name != "data_offsets")
            return refuse("the unknown field \"" + name + "\"");
        return m_fields.insert(name).second || refuse("the field \"" + name + "\" twice");
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        problem = "the header is not valid JSON";
        return false;
    }

private:
    enum class State { start, top, metadata, tensor, shape, offsets, end };

    bool go(State state) {
        m_state = state;
        return true;
    }
    bool refuse(const std::string& what) {
        problem = "the header contains " + what;
        if (!entries.empty() && m_state != State::top) problem += " (tensor \"" + entries.back().name + "\")";
        return false;
    }

    State m_state = State::start;
    std::string m_key;
    std::set<std::string> m_names, m_metadata_keys, m_fields;
    int m_offsets = 0;
};

// Product of the shape in bytes, or nothing when it does not fit into 64 bits.
bool byte_size(const TensorEntry& entry, std::uint64_t& bytes) {
    bytes = bytes_of_dtype(entry.dtype);
    for (const std::int64_t dimension : entry.shape) {
        if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(dimension), &bytes)) return false;
    }
    return true;
}

// The tensors must cover the data section exactly: no hole, no overlap, nothing behind the last one.
void check_layout(const std::string& file, const std::vector<TensorEntry>& entries, std::uint64_t data_bytes) {
    std::vector<const TensorEntry*> order;
    for (const TensorEntry& entry : entries) {
        const auto wrong = [&](const std::string& what) {
            return input_error(file, "tensor \"" + entry.name + "\" " + what);
        };
        if (bytes_of_dtype(entry.dtype) == 0) throw wrong("has the unknown type \"" + entry.dtype + "\"");
        std::uint64_t bytes = 0;
        if (!byte_size(entry, bytes)) throw wrong("is larger than any file");
        if (entry.begin > entry.end || entry.end > data_bytes) {
            throw wrong("ends at byte " + std::to_string(entry.end) + " of " + std::to_string(data_bytes));
        }
        if (entry.end - entry.begin != bytes) {
            throw wrong("has " + std::to_string(entry.end - entry.begin) + " bytes where its shape needs " +
                        std::to_string(bytes));
        }
        order.push_back(&entry);
    }
    std::sort(order.begin(), order.end(), [](const TensorEntry* a, const TensorEntry* b) {
        return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
    });
    std::uint64_t position = 0;
    for (const TensorEntry* entry : order) {
        if (entry->begin != position) {
            throw input_error(file, "tensor \"" + entry->name + "\" begins at byte " + std::to_string(entry->begin) +
                                        " where " + std::to_string(position) +
                                        " is expected (tensors overlap or leave a gap)");
        }
        position = entry->end;
    }
    if (position != data_bytes) {
        throw input_error(file, "has " + std::to_string(data_bytes - position) + " bytes after its last tensor");
    }
}

std::uint64_t bytes_of(const TensorToWrite& tensor) {
    std::uint64_t bytes = bytes_of_dtype(tensor.dtype);
    for (const std::int64_t dimension : tensor.shape)
        bytes *= static_cast<std::uint64_t>(dimension);
    return bytes;
}

} // namespace

TensorTable read_safetensors_table(const FileMapping& file, const std::string& name) {
    if (file.size() < 8) throw input_error(name, "is not a safetensors file: it is shorter than 8 bytes");
    // A pickle whose first object is torch's magic number.
    if (std::memcmp(file.start(), "\x80\x02\x8a\x0a\x6c\xfc", 6) == 0)
        throw input_error(
            name, "was saved by a torch older than 1.6, as a bare pickle; load and save it again with a newer one");
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.start(), 8);
    if (header_bytes < 2 || header_bytes > file.size() - 8) {
        throw input_error(name, "is not a safetensors file: its header claims " + std::to_string(header_bytes) +
                                    " bytes in a file of " + std::to_string(file.size()));
    }
    if (header_bytes > max_header_bytes)
        throw input_error(name, "its header has " + std::to_string(header_bytes) + " bytes, more than the limit of " +
                                    std::to_string(max_header_bytes));
    std::string_view header(reinterpret_cast<const char*>(file.start()) + 8, header_bytes);
    if (header.front() != '{') throw input_error(name, "is not a safetensors file: its header does not begin with {");
    header = header.substr(0, header.find_last_not_of(' ') + 1); // padding, spaces only
    if (header.find('\0') != std::string_view::npos) throw input_error(name, "its header contains a NUL byte");
    HeaderReader reader;
    if (!Json::sax_parse(header.begin(), header.end(), &reader)) throw input_error(name, reader.problem);
    const std::uint64_t data_start = 8 + header_bytes;
    check_layout(name, reader.entries, file.size() - data_start);
    for (TensorEntry& entry : reader.entries) { // the file counts from the end of its header
        entry.begin += data_start;
        entry.end += data_start;
    }
    return {std::move(reader.entries), std::move(reader.metadata)};
}

std::string safetensors_front(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata) {
    Json header = Json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t position = 0;
    for (const TensorToWrite& tensor : tensors) {
        const std::uint64_t bytes = bytes_of(tensor);
        header[tensor.name] = {
            {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {position, position + bytes}}};
        position += bytes;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + text;
}

void write_safetensors(const fs::path& file, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata) {
    std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    AtomicFile out(file);
    out.append(safetensors_front(tensors, metadata));
    for (const TensorToWrite& tensor : tensors)
        out.append({static_cast<const char*>(tensor.data), bytes_of(tensor)});
    out.commit();
}

} // namespace diapason
