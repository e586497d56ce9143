// Files as torch.save writes them, made by hand: a zip archive and the few pickle operations that tensors need.
#pragma once

#include "tests/support/tiny_backbone.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace diapason::testing {

template <class T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A zip archive of uncompressed members. @param method as written in the directory
inline std::string archive(const std::vector<std::pair<std::string, std::string>>& members, std::uint16_t method = 0) {
    std::string out, directory;
    for (const auto& [name, data] : members) {
        const auto place = std::uint32_t(out.size());
        const auto header = [&](std::string& to, std::uint32_t mark, bool central) {
            put(to, mark);
            if (central) put(to, std::uint16_t(20));
            put(to, std::uint16_t(20));
            put(to, std::uint16_t(0));
            put(to, method);
            put(to, std::uint32_t(0)); // time and date
            put(to, std::uint32_t(0)); // checksum
            put(to, std::uint32_t(data.size()));
            put(to, std::uint32_t(data.size()));
            put(to, std::uint16_t(name.size()));
            put(to, std::uint16_t(0));
        };
        header(out, 0x04034b50, false);
        out += name + data;
        header(directory, 0x02014b50, true);
        put(directory, std::uint16_t(0));
        put(directory, std::uint16_t(0));
        put(directory, std::uint16_t(0));
        put(directory, std::uint32_t(0));
        put(directory, place);
        directory += name;
    }
    const auto place = std::uint32_t(out.size());
    out += directory;
    put(out, std::uint32_t(0x06054b50));
    put(out, std::uint32_t(0));
    put(out, std::uint16_t(members.size()));
    put(out, std::uint16_t(members.size()));
    put(out, std::uint32_t(directory.size()));
    put(out, place);
    put(out, std::uint16_t(0));
    return out;
}

inline std::string text(const std::string& s) {
    return "X" + std::string{char(s.size()), 0, 0, 0} + s;
}
inline std::string number(int n) {
    if (n < 256) return std::string("K") + char(n);
    return std::string("M") + char(n % 256) + char(n / 256);
}
inline std::string function(const std::string& module, const std::string& name) {
    return "c" + module + "\n" + name + "\n";
}

/// A state dictionary of contiguous float tensors.
inline std::string torch_file(const std::vector<TinyTensor>& tensors) {
    std::string pickle = "\x80\x02}";
    std::vector<std::pair<std::string, std::string>> members = {{"a/data.pkl", {}}};
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TinyTensor& tensor = tensors[i];
        std::string shape = "(", steps = "(";
        int step = static_cast<int>(tensor.values.size());
        for (const std::int64_t n : tensor.shape) {
            step /= static_cast<int>(n);
            shape += number(static_cast<int>(n));
            steps += number(step);
        }
        const std::string key = std::to_string(i);
        pickle += text(tensor.name) + function("torch._utils", "_rebuild_tensor_v2") + "((" + text("storage") +
                  function("torch", "FloatStorage") + text(key) + text("cpu") +
                  number(static_cast<int>(tensor.values.size())) + "tQ" + number(0) + shape + "t" + steps + "t\x89" +
                  function("collections", "OrderedDict") + ")RtRs";
        std::string data(tensor.values.size() * sizeof(float), '\0');
        std::memcpy(data.data(), tensor.values.data(), data.size());
        members.emplace_back("a/data/" + key, data);
    }
    members.front().second = pickle + ".";
    return archive(members);
}

} // namespace diapason::testing
