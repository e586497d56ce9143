#include "ui/plots/block_view.h"

#include "core/base/error.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace diapason::ui {
namespace {

QColor colour_of(Ink ink, const PictureShape& shape, const std::vector<DrawnMethod>& methods) {
    switch (ink) {
    case Ink::text:
        return colour(Role::text);
    case Ink::secondary:
        return colour(Role::secondary);
    case Ink::line:
        return colour(Role::border);
    case Ink::frame:
        return colour(Role::strongLine);
    case Ink::box:
        return colour(Role::window);
    case Ink::ground:
        return colour(Role::base);
    case Ink::method:
        return seriesColour(methods.at(static_cast<std::size_t>(shape.method)).slot);
    case Ink::none:
        break;
    }
    return {};
}

int flags_of(PictureShape::Align align) {
    switch (align) {
    case PictureShape::Align::left:
        return Qt::AlignLeft | Qt::AlignVCenter;
    case PictureShape::Align::right:
        return Qt::AlignRight | Qt::AlignVCenter;
    case PictureShape::Align::centre:
        break;
    }
    return Qt::AlignCenter;
}

void paint(QPainter& painter, const PictureShape& shape, const std::vector<DrawnMethod>& methods) {
    QPolygonF points;
    for (const PicturePoint& p : shape.points)
        points.append(QPointF(p.x, p.y));
    QColor fill = colour_of(shape.fill, shape, methods);
    if (shape.fill != Ink::none) fill.setAlphaF(static_cast<float>(shape.fill_opacity));
    painter.setBrush(shape.fill == Ink::none ? QBrush(Qt::NoBrush) : QBrush(fill));
    const QColor stroke = colour_of(shape.stroke, shape, methods);
    painter.setPen(shape.stroke == Ink::none ? QPen(Qt::NoPen) : QPen(stroke, shape.stroke_width));
    switch (shape.kind) {
    case PictureShape::Kind::line:
        painter.drawPolyline(points);
        break;
    case PictureShape::Kind::polygon:
        painter.drawPolygon(points);
        break;
    case PictureShape::Kind::box:
        painter.drawRoundedRect(QRectF(points[0], points[1]), 3, 3);
        break;
    case PictureShape::Kind::ellipse:
        painter.drawEllipse(QRectF(points[0], points[1]));
        break;
    case PictureShape::Kind::text:
        painter.drawText(QRectF(points[0], points[1]), flags_of(shape.align) | Qt::TextDontClip, qs(shape.text));
        break;
    }
}

} // namespace

std::vector<DrawnMethod> drawn_methods(const Study& study, const BackboneConfig& config, const std::vector<Arm>& arms,
                                       int selected) {
    std::vector<DrawnMethod> methods;
    for (std::size_t row = 0; row < study.methods.size(); ++row) {
        const StudyMethod& entry = study.methods[row];
        try {
            const MethodInfo& info = method_info(entry.method);
            std::vector<Problem> ignored;
            DrawnMethod drawn{info.label, info.colour_slot,
                              info.drawing(config, OptionValues::from_json(info.options, entry.options, "", ignored)),
                              static_cast<int>(row) == selected};
            for (const Arm& arm : arms) {
                if (arm.entry == row) drawn.slot = arm.colour_slot;
            }
            methods.push_back(std::move(drawn));
        } catch (const Error&) { // the section list and pre-flight say what is wrong
        }
    }
    return methods;
}

BlockView::BlockView(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(tr("Drawing of one layer and its deltas"));
}

void BlockView::setBackbone(std::optional<BackboneConfig> config) {
    m_config = std::move(config);
    redraw();
}

void BlockView::redraw() {
    if (m_config) m_picture = block_picture(*m_config, m_methods);
    update();
}

void BlockView::setMethods(std::vector<DrawnMethod> methods) {
    m_methods = std::move(methods);
    QString spoken;
    for (const DrawnMethod& method : m_methods) {
        for (const DeltaDrawing& delta : method.deltas)
            spoken += tr("%1 at %2, %3. ")
                          .arg(qs(method.label),
                               qs(delta.sublayer.empty() ? delta.point : delta.sublayer + " " + delta.point),
                               qs(delta.caption));
    }
    setAccessibleDescription(spoken);
    redraw();
}

void BlockView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colour(Role::base));
    painter.setRenderHint(QPainter::Antialiasing);
    if (!m_config) {
        painter.setPen(colour(Role::secondary));
        painter.drawText(rect(), Qt::AlignCenter, tr("Choose a backbone to see its layer"));
        return;
    }
    QFont font = painter.font();
    font.setPixelSize(11);
    painter.setFont(font);
    const double scale = std::min(width() / m_picture.width, height() / m_picture.height);
    painter.translate((width() - scale * m_picture.width) / 2,
                      std::min(12.0, (height() - scale * m_picture.height) / 2));
    painter.scale(scale, scale);
    for (const PictureShape& shape : m_picture.shapes)
        paint(painter, shape, m_methods);
    if (hasFocus()) {
        painter.resetTransform();
        painter.setPen(QPen(colour(Role::focus), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

} // namespace diapason::ui
