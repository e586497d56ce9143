// The arms of a plot of score against size: markers that stand at their values, with intervals and without
// displacement.
#pragma once

#include <QString>
#include <qcustomplot.h>

#include <vector>

namespace diapason::ui {

/// An arm in the plot.
struct SizeMark {
    double x = 0, y = 0, half = 0; ///< in the axes' units; half of the interval, 0 = none
    int slot = 1;
    QColor colour;
    QString name, full;
    double aside = 0; ///< pixels to the right of x, beside others of the same size
};

/// Arms of one size would cover each other: they are set apart in pixels, around the size that all of them have.
class SizeMarks : public QCPAbstractItem {
    Q_OBJECT
public:
    explicit SizeMarks(QCustomPlot* plot);
    void setMarks(std::vector<SizeMark> marks);
    const std::vector<SizeMark>& marks() const { return m_marks; }
    QPointF pixelOf(const SizeMark& mark) const;
    double selectTest(const QPointF&, bool, QVariant* = nullptr) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    std::vector<SizeMark> m_marks;
};

} // namespace diapason::ui
