// Parts of a large XML document one by one, without the whole of it in memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// An element with what is inside it.
struct XmlElement {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text; ///< directly inside it
    std::vector<XmlElement> children;
    std::size_t line = 1; ///< of the file on which it begins
};

/// Gives every element of a name as soon as it is complete. Memory is bounded by the longest; entities that a document
/// defines itself are refused.
/// @return whether the document's outermost element is called `root`; nothing is given when it is not
/// @throws Error(input) naming the line where the text stops being XML, or of an element that is too long or too deep
bool for_each_element(const std::filesystem::path& file, const std::string& root, const std::string& name,
                      const std::function<void(const XmlElement&)>& use);

/// The name of a text's outermost element; empty when it begins with none.
std::string outermost_element(std::string_view beginning);

} // namespace diapason
