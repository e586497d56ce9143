#include "core/data/columnar/arrow_values.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <arrow/scalar.h>
#include <arrow/util/float16.h>

namespace diapason {
namespace {

const ClassNames no_names;

template <typename Array>
const Array& as(const arrow::Array& column) {
    return static_cast<const Array&>(column);
}

// A number, or the class that it stands for; −1 stands for none.
Json whole_number(std::int64_t value, const ClassNames& names) {
    if (names.names.empty()) return value;
    if (value < 0) return nullptr;
    if (static_cast<std::size_t>(value) >= names.names.size())
        throw input_error({}, "is of class " + std::to_string(value) + ", and the file names " +
                                  std::to_string(names.names.size()));
    return names.names[static_cast<std::size_t>(value)];
}

Json text(std::string_view bytes, bool may_be_none) {
    if (find_invalid_utf8(bytes) == std::string::npos) return bytes;
    if (may_be_none) return nullptr;
    throw input_error({}, "is not UTF-8");
}

Json list_of(const std::shared_ptr<arrow::Array>& items, const ClassNames& names, int levels) {
    Json list = Json::array();
    const ClassNames& of_items = names.items ? *names.items : no_names;
    for (std::int64_t i = 0; i < items->length(); ++i)
        list.push_back(value_of(*items, i, of_items, levels));
    return list;
}

Json object_of(const arrow::StructArray& column, std::int64_t row, const ClassNames& names, int levels) {
    Json object = Json::object();
    for (int i = 0; i < column.num_fields(); ++i) {
        const std::string& name = column.struct_type()->field(i)->name();
        object[name] = value_of(*column.field(i), row, names.of_column(name), levels);
    }
    return object;
}

Json pairs_of(const arrow::MapArray& column, std::int64_t row, int levels) {
    Json object = Json::object();
    for (std::int64_t i = column.value_offset(row); i < column.value_offset(row + 1); ++i) {
        const Json key = value_of(*column.keys(), i, no_names, levels);
        object[key.is_string() ? key.get<std::string>() : key.dump()] = value_of(*column.items(), i, no_names, levels);
    }
    return object;
}

Json in_words(const arrow::Array& column, std::int64_t row) {
    const auto scalar = column.GetScalar(row);
    return scalar.ok() ? Json((*scalar)->ToString()) : Json(nullptr);
}

} // namespace

const ClassNames& ClassNames::of_column(const std::string& name) const {
    const auto found = columns.find(name);
    return found == columns.end() ? no_names : found->second;
}

ClassNames ClassNames::of(const Json& feature, int levels) {
    ClassNames result;
    if (levels == 0) return result;
    // [feature] is an older way to write a list.
    if (feature.is_array()) {
        if (feature.size() == 1) result.items = std::make_shared<ClassNames>(of(feature.front(), levels - 1));
        return result;
    }
    if (!feature.is_object()) return result;
    const auto type = feature.find("_type");
    if (type == feature.end() || !type->is_string()) {
        for (const auto& [name, inner] : feature.items())
            result.columns.emplace(name, of(inner, levels - 1));
        return result;
    }
    if (const auto names = feature.find("names");
        *type == "ClassLabel" && names != feature.end() && names->is_array()) {
        for (const Json& name : *names)
            result.names.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    }
    if (const auto inner = feature.find("feature"); inner != feature.end()) {
        const ClassNames items = of(*inner, levels - 1);
        // A sequence of objects is stored as an object of sequences.
        for (const auto& [name, of_column] : items.columns)
            result.columns[name].items = std::make_shared<ClassNames>(of_column);
        result.items = std::make_shared<ClassNames>(items);
    }
    return result;
}

Json value_of(const arrow::Array& column, std::int64_t row, const ClassNames& names, int levels) {
    if (levels == 0) throw input_error({}, "is nested too deeply");
    if (column.IsNull(row)) return nullptr;
    using arrow::Type;
    switch (column.type_id()) {
    case Type::NA:
        return nullptr;
    case Type::BOOL:
        return as<arrow::BooleanArray>(column).Value(row);
    case Type::INT8:
        return whole_number(as<arrow::Int8Array>(column).Value(row), names);
    case Type::INT16:
        return whole_number(as<arrow::Int16Array>(column).Value(row), names);
    case Type::INT32:
        return whole_number(as<arrow::Int32Array>(column).Value(row), names);
    case Type::INT64:
        return whole_number(as<arrow::Int64Array>(column).Value(row), names);
    case Type::UINT8:
        return whole_number(as<arrow::UInt8Array>(column).Value(row), names);
    case Type::UINT16:
        return whole_number(as<arrow::UInt16Array>(column).Value(row), names);
    case Type::UINT32:
        return whole_number(as<arrow::UInt32Array>(column).Value(row), names);
    case Type::UINT64:
        return as<arrow::UInt64Array>(column).Value(row);
    case Type::HALF_FLOAT:
        return arrow::util::Float16::FromBits(as<arrow::HalfFloatArray>(column).Value(row)).ToFloat();
    case Type::FLOAT:
        return as<arrow::FloatArray>(column).Value(row);
    case Type::DOUBLE:
        return as<arrow::DoubleArray>(column).Value(row);
    case Type::STRING:
        return text(as<arrow::StringArray>(column).GetView(row), false);
    case Type::LARGE_STRING:
        return text(as<arrow::LargeStringArray>(column).GetView(row), false);
    case Type::STRING_VIEW:
        return text(as<arrow::StringViewArray>(column).GetView(row), false);
    case Type::BINARY:
        return text(as<arrow::BinaryArray>(column).GetView(row), true);
    case Type::LARGE_BINARY:
        return text(as<arrow::LargeBinaryArray>(column).GetView(row), true);
    case Type::LIST:
        return list_of(as<arrow::ListArray>(column).value_slice(row), names, levels - 1);
    case Type::LARGE_LIST:
        return list_of(as<arrow::LargeListArray>(column).value_slice(row), names, levels - 1);
    case Type::FIXED_SIZE_LIST:
        return list_of(as<arrow::FixedSizeListArray>(column).value_slice(row), names, levels - 1);
    case Type::STRUCT:
        return object_of(as<arrow::StructArray>(column), row, names, levels - 1);
    case Type::MAP:
        return pairs_of(as<arrow::MapArray>(column), row, levels - 1);
    case Type::DICTIONARY: {
        const auto& coded = as<arrow::DictionaryArray>(column);
        return value_of(*coded.dictionary(), coded.GetValueIndex(row), names, levels - 1);
    }
    case Type::EXTENSION:
        return value_of(*as<arrow::ExtensionArray>(column).storage(), row, names, levels - 1);
    default:
        return in_words(column, row); // dates, times, decimals
    }
}

} // namespace diapason
