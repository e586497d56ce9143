#include "core/backbone/gguf.h"

#include "core/backbone/gguf_blocks.h"
#include "core/backbone/limits.h"
#include "core/base/error.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

namespace diapason {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are little-endian here");

// Far beyond any real model, and far below what could make a hostile file costly.
constexpr std::uint64_t max_values = 65'536, max_texts = 4'000'000;
constexpr std::uint64_t max_name_bytes = 256;
constexpr std::uint32_t max_gguf_dimensions = 4;

enum Type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text_type, list, u64, i64, f64, type_count };
constexpr std::size_t widths[type_count] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
constexpr const char* type_names[type_count] = {"u8",   "i8",   "u16",  "i16", "u32", "i32", "f32",
                                                "bool", "text", "list", "u64", "i64", "f64"};

// Names go into messages: one line, nothing that a terminal would interpret.
bool printable(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_whole(std::uint32_t type) {
    return type != f32 && type != f64 && type != boolean && type != text_type && type != list;
}

} // namespace

// Reads forwards; running out of bytes is an error of the file.
class GgufHeader::Cursor {
public:
    Cursor(const FileMapping& file, const std::string& name, std::uint64_t at) : m_file(file), m_name(name), m_at(at) {}

    std::uint64_t at() const { return m_at; }
    [[noreturn]] void fail(const std::string& what) const { throw input_error(m_name, what); }
    void skip(std::uint64_t bytes, const std::string& what) {
        if (bytes > m_file.size() - m_at)
            fail("is cut off: " + what + " needs " + std::to_string(bytes) + " bytes at byte " + std::to_string(m_at) +
                 " of " + std::to_string(m_file.size()));
        m_at += bytes;
    }
    template <typename T>
    T number(const std::string& what) {
        skip(sizeof(T), what);
        T value;
        std::memcpy(&value, m_file.start() + m_at - sizeof(T), sizeof(T));
        return value;
    }
    std::string_view text(const std::string& what) {
        const auto bytes = number<std::uint64_t>(what);
        skip(bytes, what);
        return {reinterpret_cast<const char*>(m_file.start()) + m_at - bytes, bytes};
    }
    std::string name(const std::string& what) {
        const std::string_view found = text(what);
        if (found.empty() || found.size() > max_name_bytes)
            fail(what + " has " + std::to_string(found.size()) + " bytes");
        if (!printable(found)) fail(what + " contains characters that are not allowed in a name");
        return std::string(found);
    }

private:
    const FileMapping& m_file;
    const std::string& m_name;
    std::uint64_t m_at;
};

bool is_gguf_file(const FileMapping& file) {
    return file.size() >= 4 && std::memcmp(file.start(), "GGUF", 4) == 0;
}

GgufHeader::GgufHeader(const FileMapping& file, std::string name) : m_file(&file), m_name(std::move(name)) {
    if (!is_gguf_file(file)) throw input_error(m_name, "is not a GGUF file: it does not begin with GGUF");
    Cursor in(file, m_name, 4);
    const auto version = in.number<std::uint32_t>("the version");
    if (version != 2 && version != 3) {
        const bool swapped = version == 2u << 24 || version == 3u << 24;
        throw input_error(m_name,
                          swapped ? "unsupported: a big-endian GGUF file"
                                  : "unsupported: version " + std::to_string(version) + " of GGUF",
                          "Only little-endian files of versions 2 and 3 can be read; convert the model again");
    }
    const auto tensors = in.number<std::uint64_t>("the number of tensors");
    const auto values = in.number<std::uint64_t>("the number of metadata entries");
    if (tensors > max_tensors) in.fail("claims " + std::to_string(tensors) + " tensors");
    if (values > max_values) in.fail("claims " + std::to_string(values) + " metadata entries");
    read_values(in, values);
    read_tensors(in, tensors);
    std::int64_t alignment = 32;
    if (has("general.alignment")) alignment = *integer("general.alignment");
    if (alignment < 1 || alignment > 1 << 20 || !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
        fail("general.alignment", "must be a power of two up to 1048576", std::to_string(alignment));
    for (const GgufTensor& tensor : m_tensors) {
        if (tensor.begin % static_cast<std::uint64_t>(alignment) != 0)
            in.fail("tensor \"" + tensor.name + "\" begins at byte " + std::to_string(tensor.begin) +
                    ", not a multiple of the alignment " + std::to_string(alignment));
    }
    const auto step = static_cast<std::uint64_t>(alignment);
    place_tensors((in.at() + step - 1) / step * step);
}

void GgufHeader::read_values(Cursor& in, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string key = in.name("metadata key " + std::to_string(i));
        Value value;
        value.type = in.number<std::uint32_t>(key);
        if (value.type >= type_count) in.fail(key + " has the unknown type " + std::to_string(value.type));
        value.at = in.at();
        if (value.type == list) {
            value.element = in.number<std::uint32_t>(key);
            value.count = in.number<std::uint64_t>(key);
            value.at = in.at();
            if (value.element == list) in.fail(key + " is a list of lists");
            if (value.element >= type_count)
                in.fail(key + " is a list of the unknown type " + std::to_string(value.element));
            if (value.element == text_type) {
                if (value.count > max_texts) in.fail(key + " claims " + std::to_string(value.count) + " texts");
                for (std::uint64_t k = 0; k < value.count; ++k)
                    in.text(key);
            } else {
                std::uint64_t bytes = 0;
                if (__builtin_mul_overflow(value.count, widths[value.element], &bytes))
                    in.fail(key + " claims " + std::to_string(value.count) + " numbers");
                in.skip(bytes, key);
            }
        } else if (value.type == text_type) {
            in.text(key);
        } else {
            in.skip(widths[value.type], key);
        }
        if (!m_values.emplace(key, value).second) in.fail("the metadata key " + key + " appears twice");
    }
}

void GgufHeader::read_tensors(Cursor& in, std::uint64_t count) {
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) {
        GgufTensor tensor;
        tensor.name = in.name("the name of tensor " + std::to_string(i));
        if (!names.insert(tensor.name).second) in.fail("tensor \"" + tensor.name + "\" appears twice");
        const auto wrong = [&](const std::string& what) { in.fail("tensor \"" + tensor.name + "\" " + what); };
        const auto dimensions = in.number<std::uint32_t>(tensor.name);
        if (dimensions == 0 || dimensions > max_gguf_dimensions)
            wrong("has " + std::to_string(dimensions) + " dimensions; it must have 1 to 4");
        std::uint64_t elements = 1;
        for (std::uint32_t d = 0; d < dimensions; ++d) {
            const auto size = in.number<std::uint64_t>(tensor.name);
            if (size == 0) wrong("has a dimension of 0");
            if (__builtin_mul_overflow(elements, size, &elements) || elements > 1ull << 56)
                wrong("is larger than any file");
            tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(size));
        }
        const auto number = in.number<std::uint32_t>(tensor.name);
        const BlockType* type = block_type(number);
        if (type == nullptr)
            wrong("is stored as " + block_type_name(number) + "; supported types are " + readable_block_types());
        tensor.dtype = type->name;
        if (tensor.shape.back() % type->elements != 0)
            wrong("has rows of " + std::to_string(tensor.shape.back()) + " values, not a multiple of a block of " +
                  tensor.dtype);
        tensor.begin = in.number<std::uint64_t>(tensor.name);
        const std::uint64_t bytes = elements / static_cast<std::uint64_t>(type->elements) * type->bytes;
        if (__builtin_add_overflow(tensor.begin, bytes, &tensor.end)) wrong("lies outside the file");
        m_tensors.push_back(std::move(tensor));
    }
}

// Offsets count from the data section: from here on from the start of the file.
void GgufHeader::place_tensors(std::uint64_t data_start) {
    std::vector<GgufTensor*> order;
    const std::uint64_t room = m_file->size() - std::min<std::uint64_t>(data_start, m_file->size());
    for (GgufTensor& tensor : m_tensors) {
        if (tensor.end > room)
            throw input_error(m_name, "tensor \"" + tensor.name + "\" ends at byte " + std::to_string(tensor.end) +
                                          " of a data section of " + std::to_string(room));
        tensor.begin += data_start;
        tensor.end += data_start;
        order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->begin < b->begin; });
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (order[i]->begin < order[i - 1]->end)
            throw input_error(m_name, "tensors \"" + order[i - 1]->name + "\" and \"" + order[i]->name + "\" overlap");
    }
}

const GgufTensor* GgufHeader::find_tensor(const std::string& name) const {
    for (const GgufTensor& tensor : m_tensors) {
        if (tensor.name == name) return &tensor;
    }
    return nullptr;
}

void GgufHeader::fail(const std::string& key, const std::string& what, const std::string& value,
                      const std::string& remedy) const {
    throw Error(ErrorKind::input, {what, m_name, key, value, remedy});
}

const GgufHeader::Value* GgufHeader::find(const std::string& key) const {
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : &found->second;
}

double GgufHeader::number(std::uint32_t type, std::uint64_t at) const {
    const auto as = [&]<typename T>(T value) {
        std::memcpy(&value, m_file->start() + at, sizeof value);
        return static_cast<double>(value);
    };
    switch (type) {
    case u8:
        return as(std::uint8_t());
    case i8:
        return as(std::int8_t());
    case u16:
        return as(std::uint16_t());
    case i16:
        return as(std::int16_t());
    case u32:
        return as(std::uint32_t());
    case i32:
        return as(std::int32_t());
    case f32:
        return as(float());
    case u64:
        return as(std::uint64_t());
    case i64:
        return as(std::int64_t());
    default:
        return as(double());
    }
}

std::optional<std::string> GgufHeader::text(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->type != text_type) fail(key, "must be a string, not " + std::string(type_names[value->type]));
    return std::string(Cursor(*m_file, m_name, value->at).text(key));
}

std::optional<std::int64_t> GgufHeader::integer(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (!is_whole(value->type)) fail(key, "must be a whole number, not " + std::string(type_names[value->type]));
    const double found = number(value->type, value->at);
    if (found > 0x1p53 || found < -0x1p53) fail(key, "is too large");
    return static_cast<std::int64_t>(found);
}

std::optional<double> GgufHeader::real(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (!is_whole(value->type) && value->type != f32 && value->type != f64)
        fail(key, "must be a number, not " + std::string(type_names[value->type]));
    return number(value->type, value->at);
}

std::optional<bool> GgufHeader::flag(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->type != boolean) fail(key, "must be true or false, not " + std::string(type_names[value->type]));
    return m_file->start()[value->at] != std::byte{0};
}

std::vector<std::string_view> GgufHeader::texts(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->type != list || value->element != text_type) fail(key, "must be a list of strings");
    std::vector<std::string_view> found(value->count);
    Cursor in(*m_file, m_name, value->at);
    for (std::string_view& text : found)
        text = in.text(key);
    return found;
}

std::vector<double> GgufHeader::reals(const std::string& key) const {
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->type != list || value->element == text_type || value->element == boolean)
        fail(key, "must be a list of numbers");
    if (value->count > max_texts) fail(key, "is a list of " + std::to_string(value->count) + " numbers");
    std::vector<double> found(value->count);
    for (std::uint64_t i = 0; i < value->count; ++i)
        found[i] = number(value->element, value->at + i * widths[value->element]);
    return found;
}

} // namespace diapason
