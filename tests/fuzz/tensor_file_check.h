// What must hold of every tensor file that is accepted, whatever it was made of.
#pragma once

#include "core/backbone/tensor_file.h"
#include "tests/fuzz/memory_file.h"

namespace diapason::fuzzing {

/// Stops the program when a tensor leaves its file, claims elements that it has no bytes for, or cannot be found.
inline std::uint64_t check_tensors(const TensorFile& file, std::uint64_t file_bytes) {
    std::uint64_t sum = 0;
    for (const TensorEntry& entry : file.entries()) {
        const std::size_t width = bytes_of_dtype(entry.dtype);
        if (width == 0 || entry.begin > entry.end || entry.end > file_bytes) __builtin_trap();
        std::uint64_t last = 0;
        bool empty = false;
        for (std::size_t i = 0; i < entry.shape.size(); ++i) {
            if (entry.shape[i] < 0) __builtin_trap();
            empty = empty || entry.shape[i] == 0;
            if (!entry.strides.empty())
                last += static_cast<std::uint64_t>(entry.shape[i] - 1) * static_cast<std::uint64_t>(entry.strides[i]);
        }
        const std::uint64_t bytes = entry.end - entry.begin;
        if (!empty && entry.strides.empty() && static_cast<std::uint64_t>(entry.elements()) * width != bytes)
            __builtin_trap();
        if (!empty && !entry.strides.empty() && (last + 1) * width > bytes) __builtin_trap();
        if (file.find(entry.name) == nullptr) __builtin_trap();
        sum += touch(file.data(entry), file.data(entry) + bytes);
    }
    return sum;
}

} // namespace diapason::fuzzing
