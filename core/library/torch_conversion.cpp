#include "core/library/torch_conversion.h"

#include <cstring>
#include <deque>

namespace diapason {
namespace {

// The elements of a view in C order.
std::vector<std::byte> contiguous(const TensorFile& file, const TensorEntry& entry) {
    const std::size_t width = bytes_of_dtype(entry.dtype);
    std::vector<std::byte> bytes(static_cast<std::size_t>(entry.elements()) * width);
    std::vector<std::int64_t> index(entry.shape.size(), 0);
    const std::byte* start = file.data(entry);
    for (std::size_t at = 0; at < bytes.size(); at += width) {
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < index.size(); ++d)
            offset += index[d] * entry.strides[d];
        std::memcpy(bytes.data() + at, start + static_cast<std::size_t>(offset) * width, width);
        for (std::size_t d = index.size(); d-- > 0;) {
            if (++index[d] < entry.shape[d]) break;
            index[d] = 0;
        }
    }
    return bytes;
}

} // namespace

void convert_to_safetensors(const MatchedWeights& weights, const std::filesystem::path& target) {
    std::deque<std::vector<std::byte>> alive;
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, hit] : weights.found) {
        const TensorEntry& entry = *hit.entry;
        const std::byte* data = hit.file->data(entry);
        if (!entry.strides.empty()) data = alive.emplace_back(contiguous(*hit.file, entry)).data();
        tensors.push_back({entry.name, entry.dtype, entry.shape, data});
    }
    write_safetensors(target, std::move(tensors), {{"format", "pt"}});
}

} // namespace diapason
