// Any bytes as pytorch_model.bin: refused with a message, or tensors that lie inside the file. The input is a whole
// file, or, without the archive's "PK", a pickle that is put into an archive beside one storage of 64 bytes: a mutation
// then reaches the pickle machine without having to keep an archive's sizes right.

#include "core/base/error.h"
#include "tests/fuzz/tensor_file_check.h"

#include <cstring>
#include <string>
#include <vector>

namespace {

template <class T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string archive_of(const std::string& pickle) {
    const std::pair<std::string, std::string> members[] = {{"a/data.pkl", pickle}, {"a/data/0", std::string(64, '\1')}};
    std::string out, directory;
    for (const auto& [name, content] : members) {
        const auto place = static_cast<std::uint32_t>(out.size());
        const auto size = static_cast<std::uint32_t>(content.size());
        const auto length = static_cast<std::uint16_t>(name.size());
        for (std::string* part : {&out, &directory}) {
            put<std::uint32_t>(*part, part == &out ? 0x04034b50 : 0x02014b50);
            if (part == &directory) put<std::uint16_t>(*part, 20);
            for (int i = 0; i < 5; ++i)
                put<std::uint16_t>(*part, 0);
            put<std::uint32_t>(*part, 0);
            put(*part, size);
            put(*part, size);
            put(*part, length);
            put<std::uint16_t>(*part, 0);
        }
        put<std::uint16_t>(directory, 0);
        put<std::uint32_t>(directory, 0);
        put<std::uint32_t>(directory, 0);
        put(directory, place);
        directory += name;
        out += name + content;
    }
    const auto place = static_cast<std::uint32_t>(out.size());
    out += directory;
    put<std::uint32_t>(out, 0x06054b50);
    put<std::uint32_t>(out, 0);
    put<std::uint16_t>(out, 2);
    put<std::uint16_t>(out, 2);
    put(out, static_cast<std::uint32_t>(directory.size()));
    put(out, place);
    put<std::uint16_t>(out, 0);
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static fuzzing::MemoryFile file;
    std::string made;
    if (size >= 2 && std::memcmp(data, "PK", 2) != 0) {
        made = archive_of(std::string(reinterpret_cast<const char*>(data), size));
        data = reinterpret_cast<const std::uint8_t*>(made.data());
        size = made.size();
    }
    file.write(data, size);
    try {
        fuzzing::check_tensors(TensorFile(file.path()), size);
    } catch (const Error&) {
    }
    return 0;
}
