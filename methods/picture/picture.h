// A drawing as data: who shows it (the window, an SVG file) decides on colours and fonts. Torch-free, Qt-free.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace diapason {

/// What a stroke or a filling means; whoever paints knows the colour.
enum class Ink { none, text, secondary, line, frame, box, ground, method };

struct PicturePoint {
    double x = 0, y = 0;
};

struct PictureShape {
    enum class Kind {
        line,    ///< through all points
        box,     ///< two corners, slightly rounded
        ellipse, ///< two corners of its bounding box
        polygon, ///< closed
        text     ///< inside two corners, one line, centred vertically
    };
    enum class Align { left, centre, right };

    Kind kind = Kind::line;
    std::vector<PicturePoint> points;
    Ink stroke = Ink::none, fill = Ink::none;
    double stroke_width = 1, fill_opacity = 1;
    int method = -1; ///< whose colour Ink::method is
    std::string text = {};
    Align align = Align::centre;
};

struct Picture {
    double width = 0, height = 0; ///< in pixels at scale 1, letters being 11 high
    std::vector<PictureShape> shapes;
};

/// @param method_colour "#rrggbb" of a method by its number
/// @param title what a reader who cannot see the picture is told
std::string picture_svg(const Picture& picture, const std::function<std::string(int)>& method_colour,
                        const std::string& title);

} // namespace diapason
