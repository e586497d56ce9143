// Rows of tensors as float32, whatever they are stored as.

#include "core/backbone/gguf.h"
#include "core/backbone/gguf_blocks.h"
#include "core/base/error.h"
#include "core/base/whole_number.h"

#include <stdexcept>

namespace diapason {
namespace {

// Heads whose rows stand in rotary pairs, 0 for a tensor whose rows are in order.
std::int64_t paired_heads(const TensorFile& file, const TensorEntry& entry) {
    if (entry.name.rfind("model.layers.", 0) != 0) return 0;
    for (const char* map : {"q_proj", "k_proj"}) {
        const auto found = file.metadata().find("rotary_pairs." + std::string(map));
        if (found == file.metadata().end() || entry.name.find(map) == std::string::npos) continue;
        const std::int64_t heads = whole_number(found->second).value_or(0);
        const std::int64_t rows = entry.shape.front();
        if (heads < 1 || rows % (2 * heads) != 0)
            throw input_error(file.path().string(), "tensor \"" + entry.name + "\" has " + std::to_string(rows) +
                                                        " rows, which do not form pairs for " + found->second +
                                                        " heads");
        return heads;
    }
    return 0;
}

bool is_of_gguf(const TensorFile& file) {
    return file.metadata().count("container") != 0 && file.metadata().at("container") == "gguf";
}

} // namespace

bool needs_float_rows(const TensorFile& file, const TensorEntry& entry) {
    return is_of_gguf(file) && (bytes_of_dtype(entry.dtype) == 0 || paired_heads(file, entry) > 0);
}

void read_float_rows(const TensorFile& file, const TensorEntry& entry, std::int64_t first, std::int64_t count,
                     float* out) {
    const BlockType* type = block_type(entry.dtype);
    if (type == nullptr || !entry.strides.empty())
        throw std::logic_error("no rows of " + entry.name + ", which is " + entry.dtype);
    const std::int64_t rows = entry.shape.empty() ? 1 : entry.shape.front();
    const std::int64_t width = rows > 0 ? entry.elements() / rows : 0;
    const auto* data = reinterpret_cast<const unsigned char*>(file.data(entry));
    const std::int64_t heads = is_of_gguf(file) ? paired_heads(file, entry) : 0;
    if (heads == 0) { // blocks run on from row to row
        const std::int64_t begin = first * width / type->elements;
        type->dequantise(data + static_cast<std::size_t>(begin) * type->bytes, count * width / type->elements, out);
        return;
    }
    if (width % type->elements != 0)
        throw input_error(file.path().string(),
                          "tensor \"" + entry.name + "\" stores rotary rows that are not whole blocks");
    const std::int64_t head = rows / heads, half = head / 2;
    const std::int64_t row_blocks = width / type->elements;
    for (std::int64_t row = first; row < first + count; ++row, out += width) {
        const std::int64_t place = row % head;
        const std::int64_t source = row - place + place % half * 2 + place / half;
        type->dequantise(data + static_cast<std::size_t>(source * row_blocks) * type->bytes, row_blocks, out);
    }
}

} // namespace diapason
